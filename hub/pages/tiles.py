"""Where each force stands on the tile map: placed by hand, roughly as on the map of England and Wales. Data.

British Transport Police, which has no area of its own, stands apart in the corner.
"""

ROWS: tuple[tuple[str, ...], ...] = (
    ("", "", "", "", "northumbria:N'UMB", "", "", "btp:BTP"),
    ("", "", "", "cumbria:CUMB", "durham:DURH", "cleveland:CLEV", "", ""),
    ("", "", "", "lancashire:LANC", "north-yorkshire:N YOR", "", "", ""),
    (
        "",
        "",
        "merseyside:MERS",
        "greater-manchester:GMP",
        "west-yorkshire:W YOR",
        "south-yorkshire:S YOR",
        "humberside:HUMB",
        "",
    ),
    (
        "",
        "north-wales:N WAL",
        "cheshire:CHES",
        "staffordshire:STAF",
        "derbyshire:DERB",
        "nottinghamshire:NOTT",
        "lincolnshire:LINC",
        "",
    ),
    (
        "",
        "dyfed-powys:DYF-P",
        "west-mercia:W MER",
        "west-midlands:W MID",
        "warwickshire:WARW",
        "leicestershire:LEIC",
        "cambridgeshire:CAMB",
        "norfolk:NORF",
    ),
    (
        "",
        "south-wales:S WAL",
        "gwent:GWENT",
        "gloucestershire:GLOS",
        "northamptonshire:N'HAN",
        "bedfordshire:BEDS",
        "hertfordshire:HERTS",
        "suffolk:SUFF",
    ),
    (
        "",
        "",
        "avon-and-somerset:AVON",
        "wiltshire:WILTS",
        "thames-valley:TVP",
        "metropolitan:MET",
        "city-of-london:CITY",
        "essex:ESSEX",
    ),
    (
        "",
        "devon-and-cornwall:D & C",
        "dorset:DORS",
        "hampshire:HANTS",
        "surrey:SURR",
        "sussex:SUSS",
        "kent:KENT",
        "",
    ),
)

PLACES: dict[str, tuple[int, int, str]] = {  # by force: row and column, from 1, and what stands on its tile
    force: (row, column, short)
    for row, line in enumerate(ROWS, 1)
    for column, tile in enumerate(line, 1)
    if tile
    for force, _, short in [tile.partition(":")]
}
