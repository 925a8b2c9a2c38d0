-- Under Quarto: the stamp on each page that is made from demonstration data. It is in the page's own body, so that it is
-- there without scripts and on paper, and depends on the variable that the library reads, not on a profile.

local function is_demo()
  return (os.getenv("EC_MAPS_SOURCE") or ""):lower():match("^%s*(.-)%s*$") == "demo"
end

function Meta(meta)
  if not is_demo() then return end
  if not meta.demonstration then
    error("EC_MAPS_SOURCE is demo, but _quarto.yml has no text `demonstration:` to mark the pages with.")
  end
  local words = pandoc.write(pandoc.Pandoc({ pandoc.Plain(meta.demonstration) }), "html")
  quarto.doc.include_text("before-body", '<div class="ec-banner" role="note">' .. words .. "</div>")
end
