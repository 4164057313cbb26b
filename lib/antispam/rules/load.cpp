#include "lib/antispam/rules/load.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <tuple>

#include "lib/antispam/rules/conditions.hpp"
#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_suggestions = 20;  // each costs a look at every key
constexpr std::size_t max_key_size = 40;     // of those that get one

// All keys by name; some belong to two plugins.
const std::unordered_multimap<std::string_view, const ConfigKey*>& all_keys() {
  static const auto keys = [] {
    std::unordered_multimap<std::string_view, const ConfigKey*> map;
    for (const auto rows : {rule_keys(), plugin_rule_keys(), list_keys(), network_keys(),
                            template_keys(), option_keys(), ignored_keys()}) {
      for (const ConfigKey& key : rows) map.emplace(key.name, &key);
    }
    return map;
  }();
  return keys;
}

// How many letters are to be changed, added, or taken away (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view nearest_key(std::string_view key) {
  std::string_view best;
  std::size_t best_distance = 3;  // farther is not meant
  for (const auto& [name, row] : all_keys()) {
    if (std::max(key.size(), name.size()) - std::min(key.size(), name.size()) > 2) continue;
    const std::size_t far = distance(key, name);
    if (far < best_distance || (far == best_distance && !best.empty() && name < best)) {
      best = name;
      best_distance = far;
    }
  }
  return best;
}

void replace_word(std::string& key, std::string_view old, std::string_view word) {
  const std::size_t at = key.find(old);
  if (at != key.npos) key.replace(at, old.size(), word);
}

// Lower case, "_" for "-", and the words of version 4 for those of version 3.
std::string canonical_key(std::string_view word) {
  std::string key = ascii::to_lower(word);
  std::replace(key.begin(), key.end(), '-', '_');
  replace_word(key, "whitelist", "welcomelist");
  replace_word(key, "blacklist", "blocklist");
  return key;
}

struct Frame {
  const RuleFile* file = nullptr;
  std::size_t at = 0;    // offset of the next line
  std::size_t line = 0;  // number of the last one
};

class Reader {
 public:
  Reader(LoadState& state, const LoadOptions& options)
      : state_(state), options_(options), conditions_(state.abilities, options.local_tests_only) {}

  void read(const RuleFile& file) {
    begin(file);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.at >= frame.file->text.size()) {
        end_file(frame);
        frames_.pop_back();
        continue;
      }
      const std::string_view text = frame.file->text;
      const std::size_t end = std::min(text.find('\n', frame.at), text.size());
      const std::string_view line = text.substr(frame.at, end - frame.at);
      frame.at = end + 1;
      ++frame.line;
      if (state_.source.file != frame.file->path) state_.source.file = frame.file->path;
      state_.source.line = frame.line;
      read_line(line);
    }
  }

 private:
  void begin(const RuleFile& file) {
    // SpamAssassin reads no file twice.
    if (!read_.insert(file.path).second) return;
    state_.set.files.push_back(file.path);
    frames_.push_back({&file, 0, 0});
  }

  void end_file(const Frame& frame) {
    for (const std::size_t line : conditions_.end_file()) {
      state_.warn_at({frame.file->path, line},
                     "the \"if\" is not closed within its file; add \"endif\"");
    }
  }

  void read_line(std::string_view line) {
    std::string without_escapes;
    line = without_comment(line, without_escapes);
    if (line.empty() || line == "0") return;
    if (line.starts_with("lang") && line.size() > 4 && is_perl_space(line[4])) {
      const auto [language, rest] = first_word(trim_start(line.substr(4)));
      if (!ascii::starts_with_ignoring_case(options_.locale, language)) return;
      if (!rest.empty()) line = rest;
    }
    const auto [word, value] = first_word(line);
    const std::string key = canonical_key(word);
    if (!read_condition(key, value) && !conditions_.skips()) read_key(key, word, value);
  }

  static std::string_view without_comment(std::string_view line, std::string& storage) {
    std::size_t at = line.find('#');
    if (at == line.npos) return trimmed(line);
    while (at != line.npos && at > 0 && line[at - 1] == '\\') at = line.find('#', at + 1);
    line = line.substr(0, at);
    if (line.find("\\#") == line.npos) return trimmed(line);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '#') continue;
      storage += line[i];
    }
    return trimmed(storage);
  }

  // False: the line is none about conditions or files.
  bool read_condition(const std::string& key, std::string_view value) {
    if (key == "if" || key == "ifplugin") {
      open_block(key, value);
    } else if (key == "else" || key == "endif") {
      const bool has_rest = !value.empty();
      if (has_rest) {
        state_.warn("\"" + key + "\" stands alone in its line; remove what follows");
      } else if (!(key == "else" ? conditions_.otherwise() : conditions_.close())) {
        state_.warn("\"" + key + "\" has no \"if\" before it; remove the line");
      }
    } else if (key == "include") {
      include(value);
    } else {
      return false;
    }
    return true;
  }

  void open_block(const std::string& key, std::string_view value) {
    if (value.empty()) {
      return state_.warn("\"" + key +
                         "\" lacks its condition; give one such as version >= 4.000000");
    }
    const auto opened = conditions_.open(key, value, state_.source.line);
    if (opened) return;
    state_.warn("the condition is not usable: " + opened.error().text +
                (opened.error().opens_block ? "; the block is skipped: correct the condition"
                                            : "; the line has no effect: correct the condition"));
  }

  void include(std::string_view value) {
    if (value.empty()) return state_.warn("\"include\" lacks its value; give a file's name");
    std::string path(value);
    if (!value.starts_with('/')) {
      path.insert(0, state_.source.file.substr(0, state_.source.file.rfind('/') + 1));
    }
    if (read_.contains(path)) return;
    if (included_.size() >= max_included_files) {
      return state_.warn("more than " + std::to_string(max_included_files) +
                         " files are included; the file is not read");
    }
    if (!options_.include) return state_.warn("nothing can be included here; remove the line");
    auto files = options_.include(path, *frames_.back().file);
    if (!files) {
      return state_.warn("the file " + in_quotes(path) + " to be included " + files.error());
    }
    // SpamAssassin takes the file that includes as ended here, with its conditions.
    end_file(frames_.back());
    for (auto file = files->rbegin(); file != files->rend(); ++file) {
      included_.push_back(std::move(*file));
      begin(included_.back());
    }
  }

  void read_key(const std::string& key, std::string_view word, std::string_view value) {
    const auto [first, last] = all_keys().equal_range(key);
    if (first == last) {
      if (!read_open_key(state_, key, value)) warn_unknown(key, word);
      return;
    }
    for (auto row = first; row != last; ++row) {
      const ConfigKey& known = *row->second;
      if (!known.plugin.empty() && !state_.abilities.has_plugin(known.plugin)) continue;
      tell(known, word, value, known.read(state_, value));
      if (std::exchange(state_.skips_rest_of_file, false)) conditions_.skip_rest();
      return;
    }
    state_.warn(in_quotes(word) + " belongs to the plugin Mail::SpamAssassin::Plugin::" +
                std::string(first->second->plugin) +
                ", which is not loaded; load it in a .pre file, or remove the line");
  }

  void tell(const ConfigKey& key, std::string_view word, std::string_view value,
            KeyOutcome outcome) {
    switch (outcome) {
      case KeyOutcome::done: return;
      case KeyOutcome::missing:
        return state_.warn(in_quotes(word) + " lacks its value or a part of it; give " +
                           std::string(key.form));
      case KeyOutcome::invalid:
        return state_.warn(in_quotes(word) + " does not take " + in_quotes(value) + "; give " +
                           std::string(key.form));
    }
  }

  void warn_unknown(const std::string& key, std::string_view word) {
    std::string_view nearest;
    if (key.size() <= max_key_size && suggestions_++ < max_suggestions) nearest = nearest_key(key);
    state_.warn(
        in_quotes(word) + " is not known; " +
        (nearest.empty() ? "remove the line" : "did you mean \"" + std::string(nearest) + "\"?"));
  }

  LoadState& state_;
  const LoadOptions& options_;
  Conditions conditions_;
  std::vector<Frame> frames_;
  std::deque<RuleFile> included_;  // frames point to them
  Words read_;
  std::size_t suggestions_ = 0;
};

}  // namespace

bool read_open_key(LoadState& state, std::string_view key, std::string_view value) {
  constexpr std::string_view acl = "hashbl_acl_", stopwords = "bayes_stopword_";
  if (key.starts_with(acl) && state.abilities.has_plugin("HashBL")) {
    const std::string_view name = key.substr(acl.size());
    if (name.empty() || name.size() > 32 ||
        !std::all_of(name.begin(), name.end(), ascii::is_alnum)) {
      return false;
    }
    for (const std::string_view word : words_of(value)) {
      state.set.options.hashbl_acls.emplace_back(name, ascii::to_lower(word));
    }
    return true;
  }
  if (key.starts_with("extracttext_")) return state.abilities.has_plugin("ExtractText");
  return key.starts_with(stopwords) && key.size() == stopwords.size() + 2 &&
         state.abilities.has_plugin("Bayes");
}

RuleSet load_rules(const std::vector<RuleFile>& files, const LoadOptions& options) {
  LoadState state(options);
  Reader reader(state, options);
  for (const RuleFile& file : files) reader.read(file);
  const std::size_t told = state.set.warnings.size();
  finish_rules(state);
  check_networks(state);
  std::sort(state.set.warnings.begin() + static_cast<std::ptrdiff_t>(told),
            state.set.warnings.end(), [](const RuleWarning& a, const RuleWarning& b) {
              return std::tie(a.source.file, a.source.line, a.text) <
                     std::tie(b.source.file, b.source.line, b.text);
            });
  if (state.set.options.report_hostname.empty()) {
    state.set.options.report_hostname = options.hostname;
  }
  return std::move(state.set);
}

std::optional<std::size_t> RuleSet::find(std::string_view name) const {
  const auto found = std::lower_bound(
      rules.begin(), rules.end(), name,
      [](const Rule& rule, std::string_view wanted) { return rule.name < wanted; });
  if (found == rules.end() || found->name != name) return std::nullopt;
  return static_cast<std::size_t>(found - rules.begin());
}

std::string HeaderKey::text() const {
  std::string text = name;
  for (const std::string& modifier : modifiers) text.append(":").append(modifier);
  return text;
}

}  // namespace postern::antispam
