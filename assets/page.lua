-- Under Quarto: what it does not do by itself and the preview's template does.

local function is_demo()
  return (os.getenv("EC_MAPS_SOURCE") or ""):lower():match("^%s*(.-)%s*$") == "demo"
end

-- The stamp of demonstration data is in the page's own body, so that it is there without scripts and on paper. It depends
-- on the variable that the library reads, not on a profile.
local function stamp(meta)
  if not is_demo() then return end
  if not meta.demonstration then
    error("EC_MAPS_SOURCE is demo, but _quarto.yml has no text `demonstration:` to mark pages with. Add one.")
  end
  local words = pandoc.write(pandoc.Pandoc({ pandoc.Plain(meta.demonstration) }), "html", { wrap_text = "none" })
  quarto.doc.include_text("before-body", '<div class="ec-banner" role="note">' .. words .. "</div>")
end

-- The data in the words of schema.org, as the pre-render step wrote them; it does not if the site has no address.
local function dataset()
  local file = io.open(pandoc.path.join({ quarto.project.directory, "api", "v1", "dataset.jsonld" }))
  if not file then return end
  local text = file:read("a"):gsub("%s+$", "")
  file:close()
  quarto.doc.include_text("in-header", '<script type="application/ld+json">' .. text .. "</script>")
end

-- The page's own address, that of the feed, and what the data are. The page for missing addresses has none.
local function head(meta)
  local file = quarto.doc.project_output_file()
  if not meta.address or file == "404.html" then return end
  local root = pandoc.utils.stringify(meta.address):gsub("/*$", "/")
  local page = root .. file:gsub("\\", "/"):gsub("index%.html$", "")
  local links = { '<link rel="canonical" href="%s">', '<meta property="og:url" content="%s">' }
  for _, link in ipairs(links) do quarto.doc.include_text("in-header", link:format(page)) end
  dataset()
  if not meta.listing then
    quarto.doc.include_text("in-header", ('<link rel="alternate" type="application/rss+xml" href="%sindex.xml">'):format(root))
  end
end

-- Each tab starts with its name, for paper and for browsers without scripts, where the tabs themselves are not shown. The
-- name has the address of the tab, which Quarto numbers; page.js opens the tab around it.
local function named(tabset)
  local level = math.huge
  for _, block in ipairs(tabset.content) do
    if block.t == "Header" then level = math.min(level, block.level) end
  end
  local blocks = pandoc.Blocks({})
  for _, block in ipairs(tabset.content) do
    blocks:insert(block)
    if block.t == "Header" and block.level == level then
      blocks:insert(pandoc.Div({ pandoc.Plain(block.content) }, { id = block.identifier, class = "tab-name" }))
    end
  end
  tabset.content = blocks
  return tabset
end

return {
  { Meta = function(meta) stamp(meta) head(meta) end },
  { Div = function(div) if div.classes:includes("panel-tabset") then return named(div) end end },
}
