"""Small rules in SpamAssassin's language, and messages that they hit."""

RULES = """\
required_score 5
report_safe 0
header TEST_SUBJECT Subject =~ /cheap/i
describe TEST_SUBJECT The subject calls something cheap
score TEST_SUBJECT 3
body TEST_BODY /\\bpills\\b/
describe TEST_BODY The body speaks of pills
score TEST_BODY 2.5
body __TEST_FRIEND /dear friend/i
meta TEST_META __TEST_FRIEND && TEST_BODY
score TEST_META 10
header USER_IN_WELCOMELIST Subject =~ /will never be/
score USER_IN_WELCOMELIST -100
header USER_IN_BLOCKLIST Subject =~ /will never be/
score USER_IN_BLOCKLIST 100
clear_headers
add_header spam Flag _YESNOCAPS_
add_header all Level _STARS(*)_
add_header all Status "_YESNO_, score=_SCORE_ required=_REQD_ tests=_TESTS_ autolearn=_AUTOLEARN_ version=_VERSION_"
clear_report_template
report Content analysis details:   (_SCORE_ points, _REQD_ required)
report _SUMMARY_
"""

HAM = ("Lunch", "See you at noon.")
SPAM = ("Cheap things", "Buy pills.")  # 5.5
GROSS_SPAM = ("Cheap things", "Dear friend, buy pills.")  # 15.5


def write(directory, rules=RULES):
    """Directories of rules and of a site without files, as settings of [antispam]."""
    for name in ("rules", "site"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "rules" / "10_test.cf").write_text(rules)
    return {
        "enabled": True,
        "rules": str(directory / "rules"),
        "site": str(directory / "site"),
        "network": False,
    }
