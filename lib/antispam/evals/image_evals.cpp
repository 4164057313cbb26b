// Evals over pictures in a message (Mail::SpamAssassin::Plugin::ImageInfo).
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <variant>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/image_size.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

struct ImageFacts {
  double count = 0;
  double pixels = 0;
  std::vector<ImageSize> sizes;
};

struct ImageKind {
  std::string_view name;  ///< As arguments have it.
  std::string_view type, other_type;
  std::optional<ImageSize> (*size)(std::string_view);
};

constexpr std::array kinds = {
    ImageKind{"gif", "image/gif", "", gif_size},
    ImageKind{"jpeg", "image/jpeg", "image/jpg", jpeg_size},
    ImageKind{"png", "image/png", "", png_size},
};
constexpr std::size_t all_kinds = kinds.size();

struct MessageImages {
  bool is_known = false;
  std::array<ImageFacts, kinds.size() + 1> facts;  ///< The last one: all.
  std::set<std::string, std::less<>> names;        ///< Of those whose size is known.
};

void add_image(MessageImages& images, std::size_t kind, const MimeNode& leaf) {
  const std::optional<ImageSize> size = kinds[kind].size(leaf.decoded);
  if (size && !leaf.name.empty() && leaf.name != "0") images.names.insert(leaf.name);
  for (const std::size_t at : {kind, all_kinds}) {
    ImageFacts& facts = images.facts[at];
    ++facts.count;
    if (!size) continue;
    facts.pixels += static_cast<double>(size->height) * size->width;
    facts.sizes.push_back(*size);
  }
}

const MessageImages& message_images(EvalContext& context) {
  auto& images = context.memory.get<MessageImages>();
  if (images.is_known) return images;
  images.is_known = true;
  for (const MimeNode* leaf : context.message.leaves()) {
    if (!leaf->type.starts_with("image/") ||
        !ascii::equals_ignoring_case(leaf->value("Content-Transfer-Encoding"), "base64")) {
      continue;
    }
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      if (leaf->type == kinds[kind].type || leaf->type == kinds[kind].other_type) {
        add_image(images, kind, *leaf);
      }
    }
  }
  return images;
}

/// nullptr: there is no such kind.
const ImageFacts* facts_of(EvalContext& context, std::string_view name) {
  const MessageImages& images = message_images(context);
  if (name == "all") return &images.facts[all_kinds];
  const auto* kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const ImageKind& k) { return k.name == name; });
  return kind == kinds.end() ? nullptr
                             : &images.facts[static_cast<std::size_t>(kind - kinds.begin())];
}

/// From argument `first` on: the least and, where it is given, the most.
bool is_within(double value, const Arguments& arguments, std::size_t first) {
  return value >= arguments.number(first) &&
         (!arguments.has(first + 1) || value <= arguments.number(first + 1));
}

double image_count(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const ImageFacts* facts = facts_of(context, arguments.text(0));
  return arguments.has(1) && facts != nullptr && is_within(facts->count, arguments, 1);
}

double pixel_coverage(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const ImageFacts* facts = facts_of(context, arguments.text(0));
  return arguments.has(1) && facts != nullptr && is_within(facts->pixels, arguments, 1);
}

/// What the rule is for: rendered text, or decoded text.
double text_size(EvalContext& context) {
  const auto index = context.rules.find(context.rule_name);
  const auto* test = index ? std::get_if<EvalTest>(&context.rules.rules[*index].test) : nullptr;
  std::size_t size = 0;
  if (test != nullptr && test->kind == EvalTest::Kind::rawbody) {
    for (const PerlString& chunk : context.message.rawbody()) size += chunk.bytes.size();
  } else {
    for (const std::string& line : context.message.body()) size += line.size();
  }
  return static_cast<double>(size);
}

double image_to_text_ratio(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const ImageFacts* facts = facts_of(context, arguments.text(0));
  if (!arguments.has(2) || facts == nullptr || facts->pixels <= 0) return 0;
  const double size = text_size(context);
  const double ratio = size / facts->pixels;
  return size > 0 && ratio >= arguments.number(1) && ratio < arguments.number(2);
}

double image_size_exact(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const ImageFacts* facts = facts_of(context, arguments.text(0));
  return arguments.has(2) && facts != nullptr &&
         std::any_of(facts->sizes.begin(), facts->sizes.end(), [&](const ImageSize& size) {
           return size.height == arguments.number(1) && size.width == arguments.number(2);
         });
}

double image_size_range(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const ImageFacts* facts = facts_of(context, arguments.text(0));
  return arguments.has(2) && facts != nullptr &&
         std::any_of(facts->sizes.begin(), facts->sizes.end(), [&](const ImageSize& size) {
           return size.height >= arguments.number(1) && size.width >= arguments.number(2) &&
                  (!arguments.has(3) || size.height <= arguments.number(3)) &&
                  (!arguments.has(4) || size.width <= arguments.number(4));
         });
}

double image_named(EvalContext& context, Values values) {
  return message_images(context).names.contains(Arguments(values).text(0));
}

double image_name_regex(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const auto& names = message_images(context).names;
  return arguments.has(0) && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return matches(context, arguments.text(0), name);
         });
}

constexpr std::array rows = {
    Eval{"image_count", "ImageInfo", image_count},
    Eval{"image_name_regex", "ImageInfo", image_name_regex},
    Eval{"image_named", "ImageInfo", image_named},
    Eval{"image_size_exact", "ImageInfo", image_size_exact},
    Eval{"image_size_range", "ImageInfo", image_size_range},
    Eval{"image_to_text_ratio", "ImageInfo", image_to_text_ratio},
    Eval{"pixel_coverage", "ImageInfo", pixel_coverage},
};

}  // namespace

std::span<const Eval> image_evals() {
  return rows;
}

}  // namespace postern::antispam
