// "postern check --rules-json": what the rules of SpamAssassin find, one line of JSON for each
// message, in the form of tools/sa-oracle. Rules that need DNS ask the zone of --zone; without it
// they do not run.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "cli/check_options.hpp"
#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "cli/rules_inputs.hpp"
#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/filter/state.hpp"
#include "lib/base/version.hpp"
#include "lib/dns/zone.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/rules/rule_files.hpp"

namespace postern::cli {
namespace {

using namespace antispam;

Expected<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return Unexpected<std::string>("cannot be read; name a file that you may read");
  }
  return text;
}

/// The filter of the milter, with what decides that SpamAssassin sees the same: stock rules and
/// scores, every rule, no budget.
class RulesJudge {
 public:
  /// \param zone  Nothing: no rule asks DNS.
  RulesJudge(std::shared_ptr<const Filter> filter, const CheckOptions& options,
             std::optional<dns::Zone> zone)
      : filter_(std::move(filter)),
        options_(options),
        zone_(std::move(zone)),
        headers_(header_keys(filter_->rules())) {}

  [[nodiscard]] nlohmann::json judge(const std::string& path) const {
    nlohmann::json line = {{"file", latin1_text(path)}};
    const auto text = read_file(path);
    if (!text) {
      line["error"] = text.error();
      return line;
    }
    Circumstances circumstances;
    circumstances.now = options_.time.value_or(std::time(nullptr));
    Judging judging(filter_, *text, std::move(circumstances));
    std::vector<std::string> body;
    if (options_.inputs) body = judging.message().body();
    ask_zone(judging);
    add_result(line, judging.result());
    if (options_.inputs) line["inputs"] = rules_inputs(judging.message(), body, headers_);
    return line;
  }

 private:
  void ask_zone(Judging& judging) const {
    dns::Answers answers;
    while (true) {
      const dns::Questions missing = judging.advance(answers);
      if (missing.empty()) return;
      for (const dns::Question& question : missing) {
        answers.add(question, zone_->lookup(question));
      }
    }
  }

  void add_result(nlohmann::json& line, const SpamResult& result) const {
    const RuleSet& rules = filter_->rules();
    line["score"] = result.score;
    line["required"] = rules.options.required_score;
    line["rules"] = nlohmann::json::object();
    for (const auto& [rule, value] : result.hits) line["rules"][rules.rules[rule].name] = value;
    for (const std::size_t rule : result.over_limit) {
      line["over_limit"].push_back(rules.rules[rule].name);
    }
  }

  std::shared_ptr<const Filter> filter_;
  const CheckOptions& options_;
  std::optional<dns::Zone> zone_;
  std::set<HeaderKey> headers_;
};

}  // namespace

int check_rules(const CheckOptions& options) {
  std::vector<std::string> paths = options.more_files;
  if (!options.file.empty()) paths.insert(paths.begin(), options.file);
  if (!options.files_from.empty()) {
    std::ifstream list(options.files_from);
    if (!list)
      return fail(options.files_from + ": cannot be read; name a file with one path a line");
    for (std::string path; std::getline(list, path);) paths.push_back(path);
  }
  std::optional<dns::Zone> zone;
  if (!options.zone_file.empty()) {
    auto read = read_zone(options.zone_file);
    if (!read) return fail(read.error());
    zone = std::move(*read);
  }
  const io::FilterLoader loader(io::host_name(), std::string("Postern ") + version);
  io::RulePlaces places;  // those that the oracle loads: without the *.cf of the site
  places.rules = {io::packaged_rules_directory};
  Settings settings;
  settings.network = zone.has_value();
  const FilterState state = loader.load(settings, places, options.eager);
  if (!state.filter) return fail(state.problem);
  for (const RuleWarning& warning : state.filter->warnings()) {
    std::fprintf(stderr, "%s:%zu: %s\n", warning.source.file.c_str(), warning.source.line,
                 warning.text.c_str());
  }
  const RulesJudge judge(state.filter, options, std::move(zone));
  for (const std::string& path : paths) {
    std::printf("%s\n", judge.judge(path).dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace postern::cli
