// One rule of SpamAssassin's configuration (Mail::SpamAssassin::Conf(3pm)), as values.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// Where a definition stands; messages name it.
struct RuleSource {
  std::string file;
  std::size_t line = 0;
};

/// A header name with what is taken of it: "From:addr". Kept as written, but for case: `name`
/// compares without case except ALL and its kin and MESSAGEID.
struct HeaderKey {
  std::string name;
  std::vector<std::string>
      modifiers;  ///< raw addr name host domain ip revip first last; lower case.

  auto operator<=>(const HeaderKey&) const = default;
  /// "From:addr"
  [[nodiscard]] std::string text() const;
};

/// header NAME H =~ /re/, and mimeheader likewise.
struct HeaderTest {
  HeaderKey header;
  bool exists = false;   ///< exists:H; there is no pattern.
  bool negated = false;  ///< !~
  std::string pattern;   ///< With modifiers in front; after replace_tags.
  std::optional<std::string> if_unset;
  bool of_parts = false;  ///< mimeheader: of each MIME part.
  /// tflags of mimeheader: range=A-B, concat. Parts count from 1, the root among them.
  std::optional<std::pair<unsigned, unsigned>> part_range;
  bool concat = false;
};

/// What a pattern is matched with.
enum class TextKind { body, rawbody, uri, full };
struct TextTest {
  TextKind kind = TextKind::body;
  std::string pattern;
};

/// eval:f(args). The kind is that of the line: header, body, rawbody, full.
struct EvalTest {
  enum class Kind { header, body, rawbody, full };
  Kind kind = Kind::header;
  std::string function;
  std::vector<std::string> arguments;
  bool is_rbl = false;  ///< A header eval whose name begins check_rbl or check_dns: needs DNS.
};

/// One step of a meta expression in postfix order (reverse Polish). As in Perl: logical_and and
/// logical_or give the value of the operand that decides ("A && B" is B's value where A is not 0),
/// logical_not and comparisons give 1 or 0, the bit operators work on unsigned 64-bit integers.
/// What divides by zero counts as 0.
struct MetaToken {
  enum class Op : std::uint8_t {
    rule,
    number,
    logical_not,
    negate,
    multiply,
    divide,
    remainder,
    add,
    subtract,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    logical_and,
    logical_or,
    bit_and,
    bit_or,
    bit_xor,
    bit_not,
    shift_left,
    shift_right,
    power,
    conditional,
    local_tests_only,
  };
  Op op = Op::number;
  double number = 0;
  std::size_t rule = 0;  ///< Index into RuleSet::meta_names.
};
struct MetaTest {
  std::string expression;  ///< As written.
  /// Of a meta that depends on itself, or on one that does, only a number: SpamAssassin evaluates
  /// it before any rule has run.
  std::vector<MetaToken> tokens;
};

/// askdns NAME TEMPLATE TYPE FILTER.
struct AskDnsTest {
  std::string name_template;       ///< "_AUTHORDOMAIN_.example"
  std::vector<std::string> types;  ///< Upper case; at least one.
  std::string filter;              ///< As written; empty: any answer.
};

/// uridnsbl, uridnssub, urirhsbl, urirhssub, urinsrhsbl, urinsrhssub, urifullnsrhsbl,
/// urifullnsrhssub; of rules that "body NAME eval:check_uridnsbl('NAME')" defines.
struct UriListTest {
  std::string directive;
  std::string zone;     ///< Without a dot at the end.
  std::string type;     ///< A or TXT.
  std::string subtest;  ///< Of the "sub" ones: "N", "N-N", or "N/N" in decimal.
};

/// uri_detail: a URI hits for which all criteria hold.
struct UriDetailTest {
  struct Criterion {
    std::string target;  ///< raw type cleaned text domain host; each at most once.
    bool negated = false;
    std::string pattern;
  };
  std::vector<Criterion> criteria;
};

/// A definition that only reserves a name: `describe`d or scored rules whose plugin is not there.
struct EmptyTest {};

using RuleTest = std::variant<EmptyTest, HeaderTest, TextTest, EvalTest, MetaTest, AskDnsTest,
                              UriListTest, UriDetailTest>;

/// tflags that matter while rules run.
struct RuleFlags {
  bool multiple = false;
  std::uint32_t maxhits = 0;  ///< 0: no limit.
  bool nosubject = false;
  bool net = false;  ///< Also inherited by metas.
  bool learn = false;
  bool nice = false;
  bool noautolearn = false;
  bool userconf = false;
  bool autolearn_force = false;
  bool autolearn_body = false;
  bool autolearn_header = false;
  /// All words as written, for plugins: "domains_only", "notrim", "a", "ns" …
  std::vector<std::string> words;

  [[nodiscard]] bool has_word(std::string_view word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }
};

struct Rule {
  std::string name;
  RuleTest test;
  std::array<double, 4> scores = {1, 1, 1, 1};  ///< By set: 0 none, 1 net, 2 Bayes, 3 both.
  RuleFlags flags;
  int priority = 0;  ///< Lower runs first; -100 for net rules, -10000 for those with captures.
  std::string description;  ///< In the language chosen; may be empty.
  RuleSource source;
  bool has_captures = false;   ///< (?<NAME>…) sets tags.
  bool uses_captures = false;  ///< %{NAME} in the pattern.

  /// "__": counts for metas only.
  [[nodiscard]] bool is_subrule() const { return name.starts_with("__"); }
};

}  // namespace postern::antispam
