"""A message for each regex rule, so that rules that no corpus reaches are compared, too."""

import json
import random
import subprocess

from . import engines, perl_regex, placement, records, sampler

SAMPLES = 60  # strings tried for a rule in one round
ROUNDS = 5
CANDIDATES = 4  # messages of one rule that SpamAssassin is asked about in one round
UNSEEN = "a string that matches was found, but no message where SpamAssassin sees it"
REGEX = ("header", "body", "rawbody", "uri", "full", "mimeheader")


class Matcher:
    """The regexes of the rules, tried by Perl itself."""

    def __init__(self, oracle):
        self.process = subprocess.Popen(
            [oracle, "--match"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, rule, text):
        self.process.stdin.write(json.dumps([rule, text.decode("latin-1")]).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise records.Unusable(f"tools/sa-oracle --match ended at {rule}")
        return answer == b"1\n"

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


class Source:
    """Messages that should hit one rule, the likely ones first."""

    def __init__(self, name, rule, seed, matches):
        self.name, self.rule, self.matches = name, rule, matches
        self.tried, self.reason = set(), "no string that matches was found"
        self.sampler = None
        if "regex" in rule:
            parser = perl_regex.Parser(rule["regex"], rule["modifiers"])
            self.sampler = sampler.Sampler(
                parser.tree, parser.names, random.Random(f"{seed} {name}")
            )

    def some(self):
        """A few messages not tried before."""
        found = []
        for _ in range(SAMPLES):
            string = self.sampler.sample() if self.sampler else b"yes"
            for text, message in placement.candidates(self.rule, string):
                if message not in self.tried and self._wanted(text):
                    self.tried.add(message)
                    self.reason = UNSEEN
                    found.append(message)
            if len(found) >= CANDIDATES:
                break
        return found

    def _wanted(self, text):
        if self.rule.get("exists"):
            return True
        if not text and "if_unset" in self.rule:
            text = self.rule["if_unset"].encode("latin-1")
        if not text and self.rule.get("negated"):
            return True
        return bool(text) and self.matches(self.name, text) != bool(self.rule.get("negated"))


def run(rules, command, out, seed):
    """Writes RULE.eml for each rule that could be reached, and unreached.tsv; exit status 0."""
    out.mkdir(parents=True, exist_ok=True)
    names = sorted(name for name, rule in rules.items() if rule["type"] in REGEX)
    scores = write_scores(rules, names, out)
    matches = Matcher(command)
    sources, unreached = read_regexes(rules, names, seed, matches)
    with engines.Oracle([command], ["--config", str(scores)]) as oracle:
        for _ in range(ROUNDS):
            for name in [n for n, source in sources.items() if find(source, oracle, out)]:
                del sources[name]
    matches.close()
    unreached.update((name, source.reason) for name, source in sources.items())
    write_summary(rules, unreached, names, out)
    return 0


def write_scores(rules, names, out):
    """Rules that never run, because their score is 0 without network tests, get one."""
    path = out / "scores.cf"
    off = [name for name in names if not rules[name]["scores"][0]]
    path.write_text("".join(f"score {name} 0.001\n" for name in off))
    return path


def read_regexes(rules, names, seed, matches):
    """(a source for each rule, why some have none)."""
    sources, unreadable = {}, {}
    for name in names:
        try:
            sources[name] = Source(name, rules[name], seed, matches)
        except (perl_regex.Unsupported, ValueError, RecursionError) as problem:
            unreadable[name] = f"the regex cannot be read: {problem}"
    return sources, unreadable


def find(source, oracle, out):
    """Whether one of some new messages hits; the first that does stays in the folder."""
    path = out / f"{source.name}.eml"
    for message in source.some():
        path.write_bytes(message)
        result = oracle.judge([path])[0]
        if result.get("rules", {}).get(source.name):
            return True
    path.unlink(missing_ok=True)
    return False


def write_summary(rules, unreached, names, out):
    """What was reached, in words and as a table."""
    table = "".join(
        f"{name}\t{rules[name]['type']}\t{why}\n" for name, why in sorted(unreached.items())
    )
    (out / "unreached.tsv").write_text(table)
    reached = [name for name in names if name not in unreached]
    (out / "messages.list").write_text("".join(f"{out / name}.eml\n" for name in reached))
    print(
        f"{len(names)} regex rules, {len(reached)} reached by a message of their own; "
        f"not reached: {len(unreached)}"
    )
    print(table, end="")
    print(f"the messages: {out}/messages.list")
