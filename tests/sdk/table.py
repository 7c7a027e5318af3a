#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of docs/sdk.md from what the lanes left.

Called as table.py BUILD-DIR from the project's root after ./check --sdk of
each language. Nothing of the table is written by hand.
"""

import collections
import json
import pathlib
import re
import sys

DOCUMENT = pathlib.Path("docs/sdk.md")
BEGIN, END = "<!-- table.py: begin -->\n", "<!-- table.py: end -->\n"
WAYS = ("localhost", "names")
LANGUAGES = {
    "go": "Go", "java": "Java", "javascript": "JavaScript",
    "python": "Python", "rust": "Rust",
}
CREDENTIALS = (
    "client secret", "certificate", "certificate in PKCS#12",
    "certificate with its chain", "assertion", "workload identity", "IMDS",
    "IMDS of a client id", "IMDS of a resource id", "App Service",
    "Cloud Shell", "Azure Arc", "environment", "default chain",
    "a wrong secret is refused",
)
AREAS = ("secrets", "keys", "certificates")
# What each program calls its areas.
AREA_OF = {"HSM keys": "keys", "crypto": "keys"}

SAID = re.compile(r"(ok|FAILED) ([A-Za-z ]+): ([^:]+)")
NODE = re.compile(r"([✔✖]) (.+) \([\d.]+ms\)")
UNIT = re.compile(r"test_\w+ \(test_(\w+)\.\w+\.(test_\w+)\)(?: \.\.\. (\w+)?)?")
PINNED = {
    "go": ("go/go.mod", r"azure-sdk-for-go/\S*/(az\w+) v([\d.]+)\n"),
    "java": ("java/pom.xml", r"<artifactId>(azure-(?:identity|security-keyvault"
             r"-\w+))</artifactId>\s*<version>([\d.]+)<"),
    "python": ("python/requirements.txt",
               r"(azure-(?:identity|keyvault-\w+))==([\d.]+)"),
    "rust": ("rust/Cargo.lock",
             r'name = "(azure_(?:identity|security_\w+))"\nversion = "([\d.]+)"'),
}


def events(text):
    """Each outcome of a program's output: (area, name, it held)."""
    area, unit = None, None
    for line in text.splitlines():
        if match := SAID.match(line):
            yield match[2].strip(), match[3].strip(), match[1] == "ok"
        elif line.startswith("program "):
            area = pathlib.Path(line).stem
        elif match := NODE.match(line):
            name = "credential" if area == "credentials" else area
            yield name, match[2], match[1] == "✔"
        elif match := UNIT.match(line):
            unit = match[1], match[2]
            if match[3]:
                yield *unit, match[3] == "ok"
                unit = None
        elif unit and line in ("ok", "FAIL", "ERROR"):
            yield *unit, line == "ok"
            unit = None


def outcomes(build, language):
    """{(area, name): {way: it held}} of a language."""
    found = collections.defaultdict(dict)
    for way in WAYS:
        path = build / "sdk-results" / f"{language}-{way}"
        if not path.exists():
            sys.exit(f"{path}: not there; run ./check --sdk {language} first")
        for area, name, held in events(path.read_text(encoding="utf-8")):
            key = AREA_OF.get(area, area), f"{area}: {name}"
            if area == "credential":
                key = area, name
            found[key][way] = held and found[key].get(way, True)
    return found


def of_credential(found, name):
    ways = found.get(("credential", name))
    if not ways:
        return "–"
    if not all(ways.values()):
        return "failed: " + ", ".join(w for w in ways if not ways[w])
    return "ok" if len(ways) == len(WAYS) else f"ok ({', '.join(ways)})"


def of_area(found, area):
    held = [h for (a, _), ways in found.items() if a == area
            for h in ways.values()]
    if not held:
        return "–"
    return f"{sum(held)} of {len(held)}"


def versions(language):
    here = pathlib.Path(__file__).parent
    if language == "javascript":
        text = (here / "js/package.json").read_text(encoding="utf-8")
        pairs = [(name.rpartition("/")[2], version) for name, version
                 in json.loads(text)["dependencies"].items()]
    else:
        name, pattern = PINNED[language]
        pairs = re.findall(pattern, (here / name).read_text(encoding="utf-8"))
    return ", ".join(sorted(f"{name} {version}" for name, version in pairs))


def table(build):
    found = {language: outcomes(build, language) for language in LANGUAGES}
    rows = [["", *LANGUAGES.values()], ["---"] * (1 + len(LANGUAGES))]
    for name in CREDENTIALS:
        rows.append([name, *(of_credential(f, name) for f in found.values())])
    for area in AREAS:
        rows.append([area, *(of_area(f, area) for f in found.values())])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.append("")
    lines += [f"- {title}: {versions(language)}"
              for language, title in LANGUAGES.items()]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BUILD-DIR")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    lines = table(pathlib.Path(sys.argv[1]))
    DOCUMENT.write_text(before + BEGIN + lines + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
