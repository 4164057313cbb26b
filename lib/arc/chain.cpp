#include "lib/arc/chain.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace postern::arc {
namespace {

constexpr std::string_view seal_name = "ARC-Seal";
constexpr std::string_view message_signature_name = "ARC-Message-Signature";
constexpr std::string_view results_name = "ARC-Authentication-Results";

std::string in_set(std::size_t instance, std::string_view name, std::string_view problem) {
  std::string text = "set " + std::to_string(instance) + ": ";
  return text.append(name).append(": ").append(problem);
}

// Where the fields of one kind go in a set, and how they are read.
struct Kind {
  std::string_view name;
  PlacedField Set::*member;
};
constexpr std::array<Kind, 3> kinds = {{{seal_name, &Set::seal},
                                        {message_signature_name, &Set::message_signature},
                                        {results_name, &Set::results}}};

class Reader {
 public:
  Reader(const mail::HeaderSection& header, dkim::ToAsciiDomain to_ascii,
         const dkim::Limits& limits)
      : header_(header), to_ascii_(to_ascii), limits_(limits) {}

  Chain read() {
    std::size_t count = 0;
    for (const Kind& kind : kinds) count = std::max(count, header_.named(kind.name).size());
    if (count > max_sets) {
      chain_.instances = max_sets + 1;
      chain_.problem = "more than " + std::to_string(max_sets) + " sets";
      return std::move(chain_);
    }
    chain_.sets.resize(count);
    for (const Kind& kind : kinds) place(kind);
    check_complete();
    check_validations();
    if (!chain_.problem.empty()) chain_.sets.clear();
    return std::move(chain_);
  }

 private:
  // The first problem stays.
  void object(std::string problem) {
    if (chain_.problem.empty()) chain_.problem = std::move(problem);
  }

  [[nodiscard]] Field parse(const Kind& kind, std::string_view body) const {
    if (kind.name == results_name) return parse_results(body);
    if (body.size() > limits_.signature_field_size) {
      Field field;
      field.problem = "field is too long";
      return field;
    }
    return kind.name == seal_name ? parse_seal(body, to_ascii_)
                                  : parse_message_signature(body, to_ascii_);
  }

  void place(const Kind& kind) {
    for (const std::uint32_t position : header_.named(kind.name)) {
      Field field = parse(kind, header_.fields()[position].body);
      const unsigned instance = field.instance;
      chain_.instances = std::max(chain_.instances, instance);
      if (instance == 0) {
        object(std::string(kind.name).append(": ").append(field.problem));
      } else if (instance > chain_.sets.size()) {
        object("set " + std::to_string(instance) + " without all sets before it");
      } else if (!field.problem.empty()) {
        object(in_set(instance, kind.name, field.problem));
      } else if ((chain_.sets[instance - 1].*kind.member).field.instance != 0) {
        object(in_set(instance, kind.name, "occurs twice"));
      } else {
        chain_.sets[instance - 1].*kind.member = {position, std::move(field)};
      }
    }
  }

  void check_complete() {
    for (std::size_t i = 0; i < chain_.sets.size(); ++i) {
      for (const Kind& kind : kinds) {
        if ((chain_.sets[i].*kind.member).field.instance == 0) {
          object(in_set(i + 1, kind.name, "is missing"));
        }
      }
    }
  }

  void check_validations() {
    for (std::size_t i = chain_.sets.size(); i-- > 0;) {
      const ChainValidation validation = chain_.sets[i].seal.field.validation;
      const bool is_right = validation == (i == 0 ? ChainValidation::none : ChainValidation::pass);
      if (validation == ChainValidation::fail) {
        object(in_set(i + 1, seal_name, "says cv=fail"));
      } else if (!is_right) {
        object(in_set(i + 1, seal_name, i == 0 ? "cv= is not none" : "cv= is not pass"));
      }
    }
  }

  const mail::HeaderSection& header_;
  dkim::ToAsciiDomain to_ascii_;
  const dkim::Limits& limits_;
  Chain chain_;
};

}  // namespace

Chain read_chain(const mail::HeaderSection& header, dkim::ToAsciiDomain to_ascii,
                 const dkim::Limits& limits) {
  return Reader(header, to_ascii, limits).read();
}

}  // namespace postern::arc
