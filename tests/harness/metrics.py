"""Reads Prometheus' text format (0.0.4), as strictly as its description is."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) (\S.*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')


class Metrics(dict):
    """Samples by name and labels; types by name."""

    def __init__(self):
        super().__init__()
        self.types = {}

    def value(self, name, **labels):
        """The one sample with just these labels; 0 where there is none."""
        return self.get((name, frozenset(labels.items())), 0)

    def sum(self, name, **labels):
        """All samples that have these labels among theirs."""
        wanted = set(labels.items())
        return sum(value for (one, its), value in self.items() if one == name and wanted <= its)

    def labels(self, name):
        """The labels of each sample of a name."""
        return [dict(its) for one, its in self if one == name]


def parse(text):
    """Checks: HELP and TYPE once and before the samples, no sample twice, all of a name together."""
    metrics = Metrics()
    assert text.endswith("\n")
    helped, current = set(), None
    for line in text.splitlines():
        if match := HELP.fullmatch(line):
            assert match[1] not in helped, line
            helped.add(match[1])
        elif match := TYPE.fullmatch(line):
            current = match[1]
            assert current in helped and current not in metrics.types, line
            metrics.types[current] = match[2]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name = match[1]
            if metrics.types[current] == "histogram":
                name = re.sub("_(bucket|sum|count)$", "", name)
            assert name == current, line
            labels = LABEL.findall(match[2] or "")
            assert ",".join(f'{one}="{value}"' for one, value in labels) == (match[2] or ""), line
            key = match[1], frozenset(labels)
            assert key not in metrics and len(dict(labels)) == len(labels), line
            metrics[key] = float(match[3])
            assert math.isfinite(metrics[key]) and metrics[key] >= 0, line
    return metrics
