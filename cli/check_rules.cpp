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
#include "lib/antispam/engine/engine.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/network_rules.hpp"
#include "lib/dns/zone.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/openssl/openssl_digests.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
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

/// All that judges messages; made once.
class RulesJudge {
 public:
  RulesJudge(RuleSet rules, const CheckOptions& options, std::optional<dns::Zone> zone)
      : rules_(std::move(rules)),
        options_(options),
        zone_(std::move(zone)),
        engine_(rules_, compiler_, {.score_set = zone_ ? 1 : 0, .eager = options.eager}),
        boundaries_(rules_.options),
        headers_(header_keys(rules_)) {
    for (const std::string& pattern : rules_.options.redirector_patterns) {
      redirectors_.push_back(engine_.regexes().regex(pattern));
    }
    if (zone_) network_.emplace(rules_, engine_.regexes(), 1, &digests_);
  }

  [[nodiscard]] nlohmann::json judge(const std::string& path) const {
    nlohmann::json line = {{"file", latin1_text(path)}};
    const auto text = read_file(path);
    if (!text) {
      line["error"] = text.error();
      return line;
    }
    const RenderEnvironment environment{rules_.options, boundaries_, redirectors_, charsets_};
    RenderedMessage message(*text, environment);
    EvalMemory memory;
    EvalContext context{.rules = rules_,
                        .message = message,
                        .memory = memory,
                        .regexes = engine_.regexes(),
                        .now = options_.time.value_or(std::time(nullptr)),
                        .rule_name = {}};
    std::vector<std::string> body;
    if (options_.inputs) body = message.body();
    RuleHits hits = engine_.match(context);
    if (network_) ask_zone(context, hits);
    add_result(line, engine_.conclude(std::move(hits)));
    if (options_.inputs) line["inputs"] = rules_inputs(message, body, headers_);
    return line;
  }

  void print_warnings() const {
    for (const RuleWarning& warning : engine_.warnings()) {
      std::fprintf(stderr, "%s:%zu: %s\n", warning.source.file.c_str(), warning.source.line,
                   warning.text.c_str());
    }
  }

 private:
  void ask_zone(EvalContext& context, RuleHits& hits) const {
    dns::Answers answers;
    while (true) {
      const NetworkFindings found = network_->find(context, answers);
      for (const auto& [rule, value] : found.hits.values) hits.values[rule] = value;
      if (found.missing.empty()) return;
      for (const dns::Question& question : found.missing) {
        answers.add(question, zone_->lookup(question));
      }
    }
  }

  void add_result(nlohmann::json& line, const SpamResult& result) const {
    line["score"] = result.score;
    line["required"] = rules_.options.required_score;
    line["rules"] = nlohmann::json::object();
    for (const auto& [rule, value] : result.hits) line["rules"][rules_.rules[rule].name] = value;
    for (const std::size_t rule : result.over_limit) {
      line["over_limit"].push_back(rules_.rules[rule].name);
    }
  }

  RuleSet rules_;
  const CheckOptions& options_;
  io::Pcre2Compiler compiler_;
  io::OpensslDigests digests_;
  std::optional<dns::Zone> zone_;
  Engine engine_;
  std::optional<NetworkRules> network_;  // nothing: rules do not ask
  RegistryBoundaries boundaries_;
  std::vector<const Regex*> redirectors_;
  io::EncodeCharsets charsets_;
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
  io::RulePlaces places;  // those that the oracle loads: without the *.cf of the site
  places.rules = {io::packaged_rules_directory};
  const auto files = io::read_rule_files(places);
  if (!files) return fail(files.error());
  LoadOptions load;
  std::optional<dns::Zone> zone;
  if (!options.zone_file.empty()) {
    auto read = read_zone(options.zone_file);
    if (!read) return fail(read.error());
    zone = std::move(*read);
  }
  load.local_tests_only = !zone;
  load.include = io::read_included_rules;
  const RulesJudge judge(load_rules(*files, load), options, std::move(zone));
  judge.print_warnings();
  for (const std::string& path : paths) {
    std::printf("%s\n", judge.judge(path).dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace postern::cli
