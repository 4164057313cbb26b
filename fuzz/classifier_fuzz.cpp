// Any octets as a message: its features are bounded, each once, the same every time; what they
// teach is taken back exactly. Any octets as a model: read, or refused.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/charsets.hpp"
#include "fuzz/support.hpp"
#include "lib/antispam/classifier/explanation.hpp"
#include "lib/antispam/classifier/features.hpp"
#include "lib/antispam/classifier/model.hpp"
#include "lib/antispam/message/environment.hpp"

using namespace postern;
using namespace postern::antispam;
using fuzz::require;

namespace {

void check_lists(const Features& features) {
  std::set<Slot> seen;
  for (const auto& list : features.lists) {
    require(list.size() <= max_listed_features);
    for (const Slot slot : list) require(slot < max_slots && seen.insert(slot).second);
  }
}

void check_lesson(const Features& features, CellTable& model) {
  const KnownCells before = read_cells(features, model);
  const Lesson lesson = teach(features, before, MailClass::spam);
  model.add(features, lesson);
  const auto parsed = parse_cell_deltas(CellDeltas(features, lesson).format());
  require(parsed && *parsed == CellDeltas(features, lesson));
  const double probability = classify(features, read_cells(features, model)).probability;
  require(probability >= 0 && probability <= 1);
  model.add(features, lesson.inverse());
  require(read_cells(features, model).cells == before.cells && model.totals() == before.totals);
}

void check_message(std::string_view text) {
  static const Options options;
  static const RegistryBoundaries boundaries(options);
  static const std::vector<const Regex*> redirectors;
  static const fuzz::Latin1Charsets charsets;
  static CellTable model;
  const RenderEnvironment environment{options, boundaries, redirectors, charsets};
  RenderedMessage message(text, environment);
  std::vector<NamedFeature> names;
  const Features features = read_features(message, &names);
  require(names.size() == features.counted());
  require(features == read_features(message));
  check_lists(features);
  check_lesson(features, model);
  for (const ClassifierReason& reason : explain(message, model, 10)) require(!reason.text.empty());
}

void check_models(std::string_view octets) {
  if (const auto cells = parse_cell_deltas(octets)) require(cells->format() == octets);
  (void)parse_personal_model(octets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check_models(bytes);
  check_message(bytes);
  constexpr std::string_view words[] = {"\n",
                                        "Subject: ",
                                        "From: ",
                                        "<a@example.org>",
                                        "Received: from x by y",
                                        "Date: ",
                                        "+0000",
                                        "Content-Type: text/html\n",
                                        "<p>",
                                        "<font size=1 color=white>",
                                        "<a href=\"",
                                        "http://x.com/",
                                        "\">",
                                        "prize ",
                                        "$1,000 ",
                                        "\xC3\xA9",
                                        "-",
                                        "_",
                                        "'",
                                        ":",
                                        "x"};
  check_message(fuzz::in_words(bytes, words));
  return 0;
}
