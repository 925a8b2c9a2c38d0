"""Drawing tools that all maps share: palette, layout, layers, labels and SVG."""
