// Scores of labelled messages by the classifier, in experiments that never test what was trained:
//   accuracy-scores --list LIST --experiment cv [--folds 10] [--passes 2] [--wrong-labels 5]
// LIST has columns path, label, source, year, and group, separated by tabs, with their names in the
// first line; other columns are passed over, and paths are relative to LIST. Messages of one group
// are near-duplicates: they are trained or tested together. bench/accuracy makes figures of what
// this prints: experiment, part, label, source, year, log-odds, probability, path.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "lib/antispam/classifier/features.hpp"
#include "lib/antispam/classifier/model.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/rendered_message.hpp"
#include "lib/antispam/rules/load.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/rules/rule_files.hpp"
#include "lib/store/hash.hpp"

namespace {

using namespace postern::antispam;

struct AccuracyOptions {
  std::string list;
  std::string rules = postern::io::packaged_rules_directory;
  std::string experiment = "cv";
  unsigned folds = 10;
  unsigned passes = 2;
  unsigned wrong_labels = 0;
  unsigned repeats = 5;
  int old_until = 2010;
  int new_since = 2019;
};

struct Sample {
  std::string path, group, source;
  MailClass label = MailClass::ham;
  MailClass taught = MailClass::ham;  // the label, or a wrong one
  int year = 0;
  std::uint64_t order = 0;  // by name: the same on all machines, and not sorted by label
  Features features;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::uint64_t hash_of(const std::string& text, std::uint64_t seed = 0) {
  std::uint64_t hash = postern::store::fnv1a(text, postern::store::fnv_basis + seed);
  hash ^= hash >> 29U;
  hash *= 0xBF58476D1CE4E5B9U;
  return hash ^ hash >> 32U;
}

[[noreturn]] void fail(const std::string& text) {
  std::cerr << "accuracy-scores: " << text << '\n';
  std::exit(2);
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

std::vector<Sample> read_list(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) fail(file + ": cannot be read, or is empty");
  std::map<std::string, std::size_t> columns;
  for (const std::string& name : split(line)) columns.emplace(name, columns.size());
  for (const char* name : {"path", "label", "source", "year", "group"}) {
    if (columns.count(name) == 0) fail(file + ": line 1 names no column \"" + name + "\"");
  }
  std::vector<Sample> samples;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    const std::vector<std::string> fields = split(line);
    if (fields.size() != columns.size()) {
      fail(file + ": line " + std::to_string(number) +
           " has another number of columns than line 1");
    }
    Sample sample;
    sample.path = fields[columns["path"]];
    sample.group = fields[columns["group"]];
    sample.source = fields[columns["source"]];
    sample.label = fields[columns["label"]] == "spam" ? MailClass::spam : MailClass::ham;
    sample.year = std::atoi(fields[columns["year"]].c_str());
    sample.order = hash_of(sample.path);
    samples.push_back(std::move(sample));
  }
  return samples;
}

/// Everything that rendering needs, with the lists of domains of the stock rules.
struct Renderer {
  postern::io::EncodeCharsets charsets;
  RuleSet rules;
  std::vector<const Regex*> redirectors;
  std::unique_ptr<RegistryBoundaries> boundaries;
  std::unique_ptr<RenderEnvironment> environment;

  explicit Renderer(const std::string& directory) {
    const auto files = postern::io::read_rule_files({postern::io::default_rules_site, {directory}});
    if (!files) fail(files.error());
    LoadOptions options;
    options.local_tests_only = true;
    rules = load_rules(*files, options);
    redirectors.resize(rules.options.redirector_patterns.size());
    boundaries = std::make_unique<RegistryBoundaries>(rules.options);
    environment = std::make_unique<RenderEnvironment>(
        RenderEnvironment{rules.options, *boundaries, redirectors, charsets});
  }
};

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Renders what features need, so that it is not part of the time of the library.
void render(RenderedMessage& message) {
  (void)message.body();
  (void)message.uri_details();
}

std::vector<Sample> load(const AccuracyOptions& options, const Renderer& renderer) {
  std::vector<Sample> samples = read_list(options.list);
  const std::filesystem::path base = std::filesystem::path(options.list).parent_path();
  for (Sample& sample : samples) {
    const std::string text = read_text(base / sample.path);
    RenderedMessage message(text, *renderer.environment);
    sample.features = read_features(message);
    const bool is_wrong = hash_of(sample.path, 1) % 100 < options.wrong_labels;
    const bool is_spam = (sample.label == MailClass::spam) != is_wrong;
    sample.taught = is_spam ? MailClass::spam : MailClass::ham;
  }
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.order < b.order; });
  return samples;
}

using Chosen = std::function<bool(const Sample&)>;

void train(CellTable& model, const std::vector<Sample>& samples, unsigned passes,
           const Chosen& is_chosen) {
  for (unsigned pass = 0; pass < passes; ++pass) {
    for (const Sample& sample : samples) {
      if (!is_chosen(sample)) continue;
      const KnownCells known = read_cells(sample.features, model);
      model.add(sample.features, pass == 0 ? teach(sample.features, known, sample.taught)
                                           : teach_again(sample.features, known, sample.taught));
    }
  }
}

void print(const std::string& experiment, std::size_t part, const Sample& sample,
           const Judgement& judgement) {
  std::printf("%s\t%zu\t%s\t%s\t%d\t%.6f\t%.6f\t%s\n", experiment.c_str(), part,
              sample.label == MailClass::spam ? "spam" : "ham", sample.source.c_str(), sample.year,
              judgement.log_odds, judgement.probability, sample.path.c_str());
}

void test(const std::string& experiment, std::size_t part, const CellTable& model,
          const std::vector<Sample>& samples, const Chosen& is_chosen,
          const PersonalModel* own = nullptr) {
  for (const Sample& sample : samples) {
    if (!is_chosen(sample)) continue;
    print(experiment, part, sample,
          classify(sample.features, read_cells(sample.features, model), own));
  }
}

void cross_validate(const AccuracyOptions& options, const std::vector<Sample>& samples) {
  for (unsigned fold = 0; fold < options.folds; ++fold) {
    const auto is_tested = [&](const Sample& sample) {
      return hash_of(sample.group) % options.folds == fold;
    };
    CellTable model;
    train(model, samples, options.passes, std::not_fn(is_tested));
    test("cv", fold, model, samples, is_tested);
  }
}

void old_to_new(const AccuracyOptions& options, const std::vector<Sample>& samples) {
  CellTable model;
  train(model, samples, options.passes,
        [&](const Sample& sample) { return sample.year > 0 && sample.year <= options.old_until; });
  test("old-new", 0, model, samples,
       [&](const Sample& sample) { return sample.year >= options.new_since; });
}

/// `count` messages of each class, drawn by `seed`; all others whose group was not drawn are
/// tested.
struct Draw {
  std::set<std::string> groups;
  std::set<const Sample*> drawn;

  Draw(const std::vector<Sample>& samples, std::size_t count, std::uint64_t seed) {
    std::vector<std::pair<std::uint64_t, const Sample*>> order;
    for (const Sample& sample : samples) order.emplace_back(hash_of(sample.path, seed), &sample);
    std::sort(order.begin(), order.end());
    std::map<MailClass, std::size_t> taken;
    for (const auto& [hash, sample] : order) {
      if (taken[sample->label] == count) continue;
      ++taken[sample->label];
      groups.insert(sample->group);
      drawn.insert(sample);
    }
  }
  [[nodiscard]] bool is_trained(const Sample& sample) const { return drawn.count(&sample) != 0; }
  [[nodiscard]] bool is_tested(const Sample& sample) const {
    return groups.count(sample.group) == 0;
  }
};

void learning_curve(const AccuracyOptions& options, const std::vector<Sample>& samples) {
  for (const std::size_t count : {5, 10, 20, 50, 100, 200, 500, 1000}) {
    for (unsigned repeat = 0; repeat < options.repeats; ++repeat) {
      const Draw draw(samples, count, 100 + repeat);
      CellTable model;
      train(model, samples, options.passes, [&](const Sample& s) { return draw.is_trained(s); });
      test("curve-" + std::to_string(2 * count), repeat, model, samples,
           [&](const Sample& sample) { return draw.is_tested(sample); });
    }
  }
}

/// A user alone, with 20 messages of each class and no site.
void personal(const AccuracyOptions& options, const std::vector<Sample>& samples) {
  const CellTable nothing;
  for (unsigned repeat = 0; repeat < options.repeats; ++repeat) {
    const Draw draw(samples, 20, 100 + repeat);
    PersonalModel own;
    for (unsigned pass = 0; pass < options.passes; ++pass) {
      for (const Sample& sample : samples) {
        if (!draw.is_trained(sample)) continue;
        const KnownCells known = read_cells(sample.features, nothing);
        own.add(sample.features, teach_personal(sample.features, known, own, sample.taught));
      }
    }
    std::cerr << "own model: " << own.format().size() << " octets\n";
    test(
        "personal-40", repeat, nothing, samples,
        [&](const Sample& sample) { return draw.is_tested(sample); }, &own);
  }
}

/// The site's model serves all; one user calls every message of one source spam.
void hostile(const AccuracyOptions& options, const std::vector<Sample>& samples,
             const std::string& source) {
  const auto is_tested = [&](const Sample& sample) { return hash_of(sample.group) % 2 == 0; };
  CellTable site;
  train(site, samples, options.passes, std::not_fn(is_tested));
  test("hostile-before", 0, site, samples, is_tested);
  PersonalModel enemy;
  for (const Sample& sample : samples) {
    if (is_tested(sample) || sample.source.find(source) == std::string::npos) continue;
    const KnownCells known = read_cells(sample.features, site);
    enemy.add(sample.features, teach_personal(sample.features, known, enemy, MailClass::spam));
  }
  test("hostile-others", 0, site, samples, is_tested);
  test("hostile-himself", 0, site, samples, is_tested, &enemy);
}

struct Timing {
  const char* name;
  double seconds = 0;
};

void print(const Timing& timing, std::size_t messages) {
  std::printf("speed\t%s\t%.0f messages per CPU second\n", timing.name,
              static_cast<double>(messages) / std::max(timing.seconds, 1e-9));
}

void speed(const AccuracyOptions& options, const Renderer& renderer) {
  const std::vector<Sample> samples = load(options, renderer);
  const std::filesystem::path base = std::filesystem::path(options.list).parent_path();
  CellTable model;
  train(model, samples, 1, [](const Sample&) { return true; });
  Timing rendering{"render"}, classifying{"features and classify"},
      all{"render, features, classify"};
  Timing training{"features and train"};
  for (const Sample& sample : samples) {
    const std::string text = read_text(base / sample.path);
    const double begin = cpu_seconds();
    RenderedMessage message(text, *renderer.environment);
    render(message);
    const double rendered = cpu_seconds();
    const Features features = read_features(message);
    const Judgement judgement = classify(features, read_cells(features, model));
    const double classified = cpu_seconds();
    if (judgement.probability > 1) fail("no probability");
    const Features again = read_features(message);
    model.add(again, teach(again, read_cells(again, model), sample.taught));
    const double trained = cpu_seconds();
    rendering.seconds += rendered - begin;
    classifying.seconds += classified - rendered;
    all.seconds += classified - begin;
    training.seconds += trained - classified;
  }
  for (const Timing& timing : {rendering, classifying, all, training}) {
    print(timing, samples.size());
  }
}

void run(const AccuracyOptions& options) {
  const Renderer renderer(options.rules);
  if (options.experiment == "speed") return speed(options, renderer);
  const std::vector<Sample> samples = load(options, renderer);
  if (options.experiment == "cv") return cross_validate(options, samples);
  if (options.experiment == "old-new") return old_to_new(options, samples);
  if (options.experiment == "curve") return learning_curve(options, samples);
  if (options.experiment == "personal") return personal(options, samples);
  if (options.experiment.rfind("hostile:", 0) == 0) {
    return hostile(options, samples, options.experiment.substr(8));
  }
  fail("there is no experiment \"" + options.experiment +
       "\"; there are cv, old-new, curve, personal, hostile:SOURCE, speed");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Scores of labelled messages by the classifier");
  AccuracyOptions options;
  app.add_option("--list", options.list, "file of labelled messages")->required();
  app.add_option("--rules", options.rules, "stock rules, for their lists of domains");
  app.add_option("--experiment", options.experiment);
  app.add_option("--folds", options.folds)->check(CLI::Range(2, 100));
  app.add_option("--passes", options.passes, "how often training goes through all messages")
      ->check(CLI::Range(1, 20));
  app.add_option("--wrong-labels", options.wrong_labels, "per cent, in training");
  app.add_option("--repeats", options.repeats, "draws of each size of the learning curve");
  CLI11_PARSE(app, argc, argv);
  run(options);
}
