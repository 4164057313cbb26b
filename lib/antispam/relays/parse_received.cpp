#include "lib/antispam/relays/parse_received.hpp"

#include <span>
#include <utility>
#include <vector>

#include "lib/antispam/relays/received_formats.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam::received {
namespace {

constexpr auto npos = std::string_view::npos;

/// A row of a table, ready to run.
struct Row {
  const Format& format;
  LinePattern pattern;
  std::optional<LinePattern> only_without;
};

std::vector<Row> rows(std::span<const Format> formats) {
  std::vector<Row> all;
  all.reserve(formats.size());
  for (const Format& format : formats) {
    all.push_back({format, LinePattern(format.pattern), std::nullopt});
    if (!format.only_without.empty()) all.back().only_without.emplace(format.only_without);
  }
  return all;
}

struct ProgramRows {
  LinePattern mark;
  std::vector<Row> formats;
  bool tries_parts;
};

struct AuthRow {
  const AuthFormat& format;
  LinePattern pattern;
  std::optional<LinePattern> also;
};

/// Every pattern, made once.
struct Tables {
  std::vector<Row> web_mail = rows(web_mail_formats());
  std::vector<ProgramRows> programs;
  std::vector<Row> of_all = rows(formats_of_all());
  std::vector<Row> qmail = rows(qmail_formats());
  std::vector<Row> upper_case = rows(upper_case_formats());
  std::vector<Row> parenthesis = rows(parenthesis_formats());
  std::vector<AuthRow> auth;

  LinePattern no_address = LinePattern(R"(^from {x:\S+} by [^ ;]+ ?;)", true);
  LinePattern local_for = LinePattern(R"(\bwith local for\b)");
  LinePattern date =
      LinePattern(R"([ ;]+((Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d+ )"
                  R"((Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+ \d+:\d+(:\d+)? \S+$)");
  LinePattern id = LinePattern(R"( id <?{d:[^ <>;]{3,}})");
  LinePattern helo = LinePattern(R"(\bhelo={h:[-A-Za-z0-9.^+_&:=?!@%*$\\/]+})");
  LinePattern spaced_helo = LinePattern(R"(\b(HELO|EHLO) {h:[-A-Za-z0-9.^+_&:=?!@%*$\\/]+})");
  LinePattern by = LinePattern(R"( by {b:\S+})");
  LinePattern sender = LinePattern(R"((return-path:? |envelope-(sender|from)[ =]){e:\S+}\b)", true);
  LinePattern xmail_id = LinePattern(R"( id <{d:\S+}>)");
  LinePattern xmail_sender = LinePattern(R"( from <{e:\S+}>)");
  LinePattern sub_helo = LinePattern(R"(helo={h:\S+})");
  LinePattern sub_ident = LinePattern(R"(ident={n:\S*})");
  LinePattern first_word = LinePattern(R"(^{x:\S+} )");
  LinePattern exim_helo = LinePattern(R"( \({h:\S+}\) )");
  LinePattern exim_ip = LinePattern(R"( \[{i:\I}(\.\d+)?\] )");
  LinePattern exim_by = LinePattern(R"(by {b:\S+} )");
  LinePattern first_ip = LinePattern(R"(^{i:\I} )");
  LinePattern any_ip = LinePattern(R"(\[{i:\I}\])");
  LinePattern guessed_helo = LinePattern(R"(^{h:\S+}[^-A-Za-z0-9.])");

  Tables() {
    for (const Program& program : received::programs()) {
      programs.push_back({LinePattern(program.mark), rows(program.formats), program.tries_parts});
    }
    for (const AuthFormat& format : auth_formats()) {
      auth.push_back({format, LinePattern(format.pattern, format.ignores_case), std::nullopt});
      if (!format.also.empty()) auth.back().also.emplace(format.also);
    }
  }
};

const Tables& tables() {
  static const Tables all;
  return all;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// White space to single spaces, none at the ends, nor semicolons at the end.
std::string tidy(std::string_view field) {
  std::string line;
  line.reserve(field.size());
  for (const char c : field) {
    if (!is_space(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  while (line.ends_with(';')) {
    line.pop_back();
    if (line.ends_with(' ')) line.pop_back();
  }
  return line;
}

bool is_bracketed_number(std::string_view word) {
  if (word.size() < 3 || word.front() != '[' || word.back() != ']') return false;
  word = word.substr(1, word.size() - 2);
  return word.find_first_not_of("0123456789.") == npos;
}

/// Octets that would break X-Spam-Relays-* become "!".
void clean(std::string& text) {
  constexpr std::string_view unsafe = "#[]()<>|";
  for (char& c : text) {
    if (is_space(c) || c == '\0' || unsafe.find(c) != npos) c = '!';
  }
}

std::string cleaned_sender(std::string_view sender) {
  while (!sender.empty() && is_space(sender.front())) sender.remove_prefix(1);
  while (sender.starts_with('<')) sender.remove_prefix(1);
  while (!sender.empty() && is_space(sender.back())) sender.remove_suffix(1);
  while (sender.ends_with('>')) sender.remove_suffix(1);
  std::string text(sender);
  clean(text);
  return text;
}

/// "::ffff:192.0.2.1" in any length of its zeros is written as IPv4.
std::string_view without_mapping(std::string_view ip) {
  std::string_view rest = ip;
  unsigned colons = 0;
  while (!rest.empty() && (rest.front() == '0' || rest.front() == ':')) {
    colons += rest.front() == ':' ? 1 : 0;
    rest.remove_prefix(1);
  }
  constexpr std::string_view mark = "ffff:";
  const bool separated = rest.data() > ip.data() && rest.data()[-1] == ':';
  if (colons < 2 || !separated || !ascii::starts_with_ignoring_case(rest, mark)) return ip;
  rest.remove_prefix(mark.size());
  return rest.find_first_not_of("0123456789.") == npos && is_ipv4_text(rest) ? rest : ip;
}

std::string cleaned_ip(std::string_view ip) {
  if (ascii::starts_with_ignoring_case(ip, "ipv6:")) ip.remove_prefix(5);
  if (ip.starts_with('[')) ip.remove_prefix(1);
  if (ip.ends_with(']')) ip.remove_suffix(1);
  std::string text(without_mapping(ip.substr(0, ip.find('%'))));
  clean(text);
  return text;
}

class LineParser {
 public:
  explicit LineParser(StepBudget& budget) : budget_(budget) {}

  ReceivedLine parse(std::string_view field) {
    line_ = tidy(field);
    result_.kind = read();
    if (budget_.left == 0) result_.kind = ReceivedLine::Kind::unknown;
    if (result_.kind == ReceivedLine::Kind::relay) finish();
    return std::move(result_);
  }

 private:
  using Outcome = ReceivedLine::Kind;
  using Decision = std::optional<Outcome>;

  bool matches(const LinePattern& pattern) { return pattern.find(line_, fields_, budget_); }
  std::string_view field(char letter) const { return fields_.get(line_, letter); }
  void set(char letter, std::string& value) const {
    if (fields_.has(letter)) value = field(letter);
  }

  Outcome read() {
    const bool in_parenthesis = line_.starts_with('(');
    if (!ascii::starts_with_ignoring_case(std::string_view(line_).substr(in_parenthesis ? 1 : 0),
                                          "from ")) {
      return Outcome::skipped;
    }
    if (matches(tables_.local_for)) return Outcome::skipped;
    if (matches(tables_.no_address) && !is_bracketed_number(field('x'))) return Outcome::skipped;
    remove_date();
    read_common();
    read_auth();
    if (const Decision decided = read_formats()) return *decided;
    if (relay().ip.empty() && matches(tables_.any_ip)) set('i', relay().ip);
    const bool enough = !relay().ip.empty() && !relay().by.empty() && relay().by != "0";
    return enough ? Outcome::relay : Outcome::unknown;
  }

  void remove_date() {
    const std::size_t date = tables_.date.begin_of(line_, budget_);
    if (date != npos) line_.resize(date);
    const std::size_t by = line_.find(")by ");
    if (by != npos) line_.insert(by + 1, " ");
  }

  void read_common() {
    if (matches(tables_.id)) set('d', relay().id);
    if (matches(tables_.helo) || matches(tables_.spaced_helo)) set('h', relay().helo);
    if (matches(tables_.by)) set('b', relay().by);
  }

  void read_auth() {
    for (const AuthRow& row : tables_.auth) {
      if (line_.find(row.format.only_with) == npos) continue;
      if (!matches(row.pattern) || (row.also && !matches(*row.also))) continue;
      for (std::size_t i = 0; i < row.format.value.size(); ++i) {
        const char c = row.format.value[i];
        if (c == '%') {
          relay().auth += field(row.format.value[++i]);
        } else {
          relay().auth += c;
        }
      }
      if (relay().auth == "Postfix (Postfix)") relay().auth = "Postfix";
      return;
    }
  }

  bool take(std::string_view beginning) {
    if (!line_.starts_with(beginning)) return false;
    line_.erase(0, beginning.size());
    return true;
  }

  Decision read_formats() {
    if (take("FROM ")) return first_of(tables_.upper_case);
    if (take("(from ")) return first_of(tables_.parenthesis);
    if (!take("from ")) return {};
    if (matches(tables_.sender)) sender_ = field('e');
    if (const Decision decided = first_of(tables_.web_mail)) return decided;
    if (const Decision decided = read_program()) return decided;
    if (const Decision decided = first_of(tables_.of_all)) return decided;
    if ((relay().helo.empty() || relay().helo == "0") && matches(tables_.guessed_helo)) {
      set('h', relay().helo);
    }
    return {};
  }

  Decision read_program() {
    for (const ProgramRows& program : tables_.programs) {
      if (!program.mark.is_in(line_, budget_)) continue;
      if (const Decision decided = first_of(program.formats)) return decided;
      return program.tries_parts ? read_exim_parts() : Decision{};
    }
    return {};
  }

  Decision read_exim_parts() {
    if (matches(tables_.first_word)) set('x', relay().rdns);
    if (matches(tables_.exim_helo)) set('h', relay().helo);
    if (matches(tables_.exim_ip)) set('i', relay().ip);
    if (!matches(tables_.exim_by)) return {};
    set('b', relay().by);
    return relay().ip.empty() ? Decision{} : Outcome::relay;
  }

  Decision first_of(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      if (!row.format.only_with.empty() && line_.find(row.format.only_with) == npos) continue;
      if (!matches(row.pattern)) continue;
      if (row.only_without && row.only_without->is_in(line_, budget_)) continue;
      return accept(row.format);
    }
    return {};
  }

  Outcome accept(const Format& format) {
    switch (format.kind) {
      case Kind::skip: return Outcome::skipped;
      case Kind::fetched: return Outcome::fetched;
      case Kind::scanned:
        if (sender_) result_.sender_of_next = cleaned_sender(*sender_);
        return Outcome::skipped;
      case Kind::hop:
      case Kind::hop_with_dns: break;
    }
    looks_up_ = format.kind == Kind::hop_with_dns;
    rdns_before_ = relay().rdns;
    take_fields();
    fix(format.fix);
    return Outcome::relay;
  }

  void take_fields() {
    if (fields_.has('w')) relay().helo = relay().rdns = field('w');
    set('h', relay().helo);
    set('r', relay().rdns);
    set('i', relay().ip);
    set('b', relay().by);
    set('d', relay().id);
    set('n', relay().ident);
  }

  void fix(Fix what) {
    switch (what) {
      case Fix::none: return;
      case Fix::no_id: relay().id.clear(); return;
      case Fix::xmail: return fix_xmail();
      case Fix::sub_fields: return read_sub_fields(field('s'));
      case Fix::sub_fields_of_name: relay().helo = relay().rdns; return read_sub_fields(field('s'));
      case Fix::ident_in_name: return take_ident();
      case Fix::no_unknown:
        if (relay().rdns == "unknown") relay().rdns.clear();
        return;
      case Fix::no_unverified:
        if (relay().rdns == "unverified") relay().rdns.clear();
        return;
      case Fix::hotmail:
        if (matches(tables_.first_ip)) set('i', relay().ip);
        return;
      case Fix::qmail: return fix_qmail();
      case Fix::obtuse:
        looks_up_ = relay().rdns != "UNKNOWN";
        relay().helo = field('h');
        return;
      case Fix::softdnserr:
        looks_up_ = relay().rdns != "softdnserr";
        if (!looks_up_) relay().rdns = rdns_before_;
        return;
    }
  }

  void fix_xmail() {
    if (matches(tables_.xmail_id)) set('d', relay().id);
    if (matches(tables_.xmail_sender)) sender_ = field('e');
  }

  void read_sub_fields(std::string_view part) {
    std::string rest(part);
    Fields found;
    if (tables_.sub_helo.find(rest, found, budget_)) {
      const std::string_view helo = found.get(rest, 'h');
      relay().helo = helo;
      const std::size_t begin = rest.find("helo=" + relay().helo);
      rest.erase(begin, 5 + relay().helo.size());
    }
    if (tables_.sub_ident.find(rest, found, budget_)) relay().ident = found.get(rest, 'n');
  }

  /// "IDENT:user@name", "user@name": perhaps both, one after the other.
  void take_ident() {
    constexpr std::string_view mark = "IDENT:";
    std::string& rdns = relay().rdns;
    for (const bool marked : {true, false}) {
      const std::size_t at = rdns.find('@');
      if (at == npos || (marked && !rdns.starts_with(mark))) continue;
      const std::size_t begin = marked ? mark.size() : 0;
      relay().ident = rdns.substr(begin, at - begin);
      rdns.erase(0, at + 1);
    }
  }

  void fix_qmail() {
    for (const Row& row : tables_.qmail) {
      if (!matches(row.pattern)) continue;
      take_fields();
      break;
    }
    looks_up_ = relay().rdns != "unknown";
    if (!looks_up_) relay().rdns.clear();
  }

  void finish() {
    std::string& rdns = relay().rdns;
    while (rdns.ends_with('.')) rdns.pop_back();
    if (ascii::equals_ignoring_case(rdns, "unknown") || rdns.starts_with('[')) rdns.clear();
    relay().ip = cleaned_ip(relay().ip);
    if (relay().by.ends_with(';')) relay().by.pop_back();
    for (std::string* text : {&rdns, &relay().helo, &relay().by, &relay().ident}) clean(*text);
    if (sender_) relay().envfrom = cleaned_sender(*sender_);
    relay().no_reverse_dns = rdns.empty() && looks_up_;
    relay().is_private = is_private_ip_text(relay().ip);
  }

  Relay& relay() { return result_.relay; }

  StepBudget& budget_;
  const Tables& tables_ = tables();
  std::string line_;
  Fields fields_;
  ReceivedLine result_;
  std::optional<std::string> sender_;
  std::string rdns_before_;  ///< As it was before the format that was accepted.
  bool looks_up_ = false;
};

}  // namespace

ReceivedLine parse_received(std::string_view field, StepBudget& budget) {
  return LineParser(budget).parse(field);
}

}  // namespace postern::antispam::received
