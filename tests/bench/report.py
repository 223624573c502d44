"""Shows the figures, and holds them against the goals."""

import statistics

from harness import slow

GOALS = (
    # what; the ratio, a function of the figures; whether at least or at most; how much
    ("quote by id: A/L", lambda f: over(f["quote_by_id"], "api_rps", "bound_rps"), ">=", 0.90),
    ("quote by id: A / the peer", lambda f: over(f["quote_by_id"], "api_rps", "peer_rps"), ">=", 4.0),
    ("quote by id: p99 / p50 at 70 % load",
     lambda f: over(f["quote_by_id"], "p99_ms_at_70", "p50_ms_at_70"), "<=", 4.0),
    ("products list of 100: A / the peer",
     lambda f: over(f["products_list_100"], "api_rps", "peer_rps"), ">=", 4.0),
    ("bulk of 10,000 new: the call / COPY",
     lambda f: over(f["bulk_10000_new"], "api_s", "copy_s"), "<=", 2.0),
    ("bulk of 10,000 new: the peer / the call",
     lambda f: over(f["bulk_10000_new"], "peer_s", "api_s"), ">=", 3.0),
    ("flood on a limited key: A / F",
     lambda f: over(f["limited_flood"], "api_rps", "hello_rps"), ">=", 0.8),
    ("flood on a limited key: the database's part of a core",
     lambda f: f["limited_flood"]["database_cores"], "<=", 0.02),
    ("flood of unknown keys: a good key's p99 in it / without it",
     lambda f: over(f["unknown_flood"], "good_p99_ms", "good_p99_ms_alone"), "<=", 2.0),
    *((f"1,000 {kind}: a good key's p99 beside them / without them",
       lambda f, name=kind.replace(" ", "_"): over(f[name], "good_p99_ms", "good_p99_ms_alone"), "<=", 2.0)
      for kind in slow.KINDS),
    ("search: median alone, in ms", lambda f: f["search"]["p50_ms_alone"], "<=", 20.0),
    ("search among 1,000,000 products: median alone, in ms",
     lambda f: f["growth"]["search_1000000"]["p50_ms_alone"], "<=", 20.0),
    ("products list: at 1,000,000 products / at 10,000",
     lambda f: over2(f["growth"], "products_list_100_1000000", "products_list_100_10000"), ">=", 0.9),
    ("quote by id: at 1,000,000 products / at 10,000",
     lambda f: over2(f["growth"], "quote_by_id_1000000", "quote_by_id_10000"), ">=", 0.9),
    ("memory of a worker at rest, in MiB of its own",
     lambda f: f["memory"]["own_mib_at_rest"], "<=", 15.0),
    ("memory over 1,000,000 requests: growth in MiB",
     lambda f: f["memory"]["own_mib_after_soak"] - f["memory"]["own_mib_before_soak"], "<=", 0.5),
)


def over(figures, one, other):
    return figures[one] / figures[other]


def over2(growth, one, other):
    return growth[one]["api_rps"] / growth[other]["api_rps"]


def judge(figures):
    """The goals with what was measured: those that were not measured in this run say so."""
    rows = []
    for what, ratio, sense, bound in GOALS:
        try:
            value = ratio(figures)
        except (KeyError, TypeError, ZeroDivisionError):
            rows.append({"goal": what, "asked": f"{sense} {bound:g}", "measured": None, "met": None})
            continue
        met = value >= bound if sense == ">=" else value <= bound
        rows.append({"goal": what, "asked": f"{sense} {bound:g}", "measured": round(value, 3),
                     "met": met})
    return rows


def median(values):
    """Of those that were measured; None of none."""
    there = [value for value in values if value is not None]
    return statistics.median(there) if there else None


def medians(rounds):
    """Member by member of several rounds' figures, also of those that are dicts themselves."""
    merged = {}
    for name in {name: None for one in rounds for name in one}:
        values = [one[name] for one in rounds if name in one]
        merged[name] = medians(values) if isinstance(values[0], dict) else median(values)
    return merged


# --- Tables ---------------------------------------------------------------------------------------

def table(heading, rows):
    """Columns as wide as they must be; the first to the left, the others to the right."""
    cells = [heading, *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heading))]
    return "\n".join("  ".join(cell.rjust(width) if place else cell.ljust(width)
                               for place, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in cells)


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def ratio(one, other):
    return "-" if not one or not other else f"{one / other:.2f}"


HEADING = ("workload", "A", "F", "D", "L", "A/L", "peer", "A/peer", "p50", "p99", "p50 70%",
           "p99 70%", "nginx", "workers", "postgres", "client", "own MiB", "resident")


def load_row(name, f):
    cpu = f["cpu_us"]
    return (name, number(f["api_rps"]), number(f.get("hello_rps")), number(f.get("database_rps")),
            number(f.get("bound_rps")), ratio(f["api_rps"], f.get("bound_rps")),
            number(f.get("peer_rps")), ratio(f["api_rps"], f.get("peer_rps")),
            number(f["p50_ms"], 2), number(f["p99_ms"], 2), number(f.get("p50_ms_at_70"), 2),
            number(f.get("p99_ms_at_70"), 2),
            *(number(cpu[kind]) for kind in ("nginx", "workers", "postgres", "client")),
            number(f.get("peak_own_mib"), 1), number(f.get("peak_resident_mib"), 1))


def show_loads(figures):
    rows = [load_row(name, f) for name, f in figures.items() if "api_rps" in f]
    if rows:
        print("\nRequests a second; milliseconds; microseconds of the processor a request; MiB of the "
              "largest worker\n")
        print(table(HEADING, rows))


def show_bulk(figures):
    rows = [(name, number(f["api_s"], 3), number(f["copy_s"], 3), number(f.get("peer_s"), 3),
             ratio(f["api_s"], f["copy_s"]), ratio(f.get("peer_s"), f["api_s"]),
             *(number(f["cpu_s"][kind], 3) for kind in ("nginx", "workers", "postgres")),
             number(f.get("peak_own_mib"), 1), number(f.get("peak_resident_mib"), 1))
            for name, f in figures.items() if "api_s" in f]
    if rows:
        print("\nSeconds a call\n")
        print(table(("workload", "API", "COPY", "peer", "API/COPY", "peer/API", "nginx", "workers",
                     "postgres", "own MiB", "resident"), rows))


def show_good_key(figures):
    for name, f in figures.items():
        if "good_p99_ms" in f:
            beside = f"while others are refused {number(f['flood_rps'])} unknown ones a second" \
                if "flood_rps" in f else f"beside {number(f['slow_connections'])} {name.replace('_', ' ')}"
            print(f"\nA good key {beside}: "
                  f"p50 {number(f['good_p50_ms_alone'], 2)} -> {number(f['good_p50_ms'], 2)} ms, "
                  f"p99 {number(f['good_p99_ms_alone'], 2)} -> {number(f['good_p99_ms'], 2)} ms")


def show_goals(goals):
    rows = [(goal["goal"], goal["asked"], number(goal["measured"], 2),
             {True: "met", False: "NOT MET", None: "not measured"}[goal["met"]]) for goal in goals]
    print("\n" + table(("goal", "asked", "measured", ""), rows))


def show(figures):
    show_loads(figures)
    show_bulk(figures)
    show_good_key(figures)
    if "growth" in figures:
        print("\nGrowth")
        show_loads(figures["growth"])
    if "memory" in figures:
        print("\nA worker's memory, MiB: " + "; ".join(
            f"{name.replace('_', ' ')} {number(value, 1)}"
            for name, value in figures["memory"].items()))
    show_goals(figures["goals"])
