"""Graphviz's own attributes: they draw a picture and mean nothing to a run.

Known so that nobody is warned about them. Those that mean something to a pipeline (`label`,
`shape`, `class`, `weight`) are rows of the table. Source: Graphviz's attribute reference.
"""

from __future__ import annotations

_NAMES = """
    _background area arrowhead arrowsize arrowtail beautify bb bgcolor center charset class
    cluster clusterrank color colorscheme comment compound concentrate constraint Damping
    decorate defaultdist dim dimen dir diredgeconstraints distortion dpi edgehref edgetarget
    edgetooltip edgeURL epsilon esep fillcolor fixedsize fontcolor fontname fontnames fontpath
    fontsize forcelabels gradientangle group head_lp headclip headhref headlabel headport
    headtarget headtooltip headURL height href id image imagepath imagepos imagescale inputscale
    K label_scheme labelangle labeldistance labelfloat labelfontcolor labelfontname
    labelfontsize labelhref labeljust labelloc labeltarget labeltooltip labelURL landscape
    layer layerlistsep layers layerselect layersep layout len levels levelsgap lhead lheight
    linelength lp ltail lwidth margin maxiter mclimit mindist minlen mode model mosek newrank
    nodesep nojustify normalize notranslate nslimit nslimit1 oneblock ordering orientation
    outputorder overlap overlap_scaling overlap_shrink pack packmode pad page pagedir pencolor
    penwidth peripheries pin pos quadtree quantum radius rank rankdir ranksep ratio rects
    regular remincross repulsiveforce resolution root rotate rotation samehead sametail
    samplepoints scale searchsize sep shapefile showboxes sides size skew smoothing sortv
    splines start style stylesheet tail_lp tailclip tailhref taillabel tailport tailtarget
    tailtooltip tailURL target TBbalance tooltip truecolor URL vertices viewport
    voro_margin width xdotversion xlabel xlp z
"""

# In a pipeline these three are never meant for neato or for an SVG file.
_MEANT_OTHERWISE = {"mode", "model", "stylesheet"}

DRAWING: frozenset[str] = frozenset(_NAMES.split()) - _MEANT_OTHERWISE
