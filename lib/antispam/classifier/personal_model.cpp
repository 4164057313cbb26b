#include "lib/antispam/classifier/personal_model.hpp"

#include "lib/antispam/classifier/cells.hpp"
#include "lib/antispam/classifier/varint.hpp"

namespace postern::antispam {
namespace {

/// Octets that say "as many zeros as the next number".
constexpr std::int32_t zeros_follow = 0;

struct Place {
  std::size_t cell;
  std::int32_t sign;
};

Place place_of(Slot slot) {
  const std::uint32_t mixed = (slot ^ slot >> 9U) * 0x9E3779B1U;
  return {mixed >> (32U - personal_bits), (mixed & 0x100U) != 0 ? 1 : -1};
}

std::int32_t wrapping_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

double PersonalModel::weight_of(Slot slot) const {
  const Place place = place_of(slot);
  return static_cast<double>(cells_[place.cell]) * place.sign / weight_unit;
}

double PersonalModel::log_odds(const Features& features) const {
  std::int64_t sum = 0;
  for (const Slot slot : features.of(FeatureFamily::single)) {
    const Place place = place_of(slot);
    sum += static_cast<std::int64_t>(cells_[place.cell]) * place.sign;
  }
  return static_cast<double>(sum) / weight_unit;
}

void PersonalModel::add(const Features& features, const PersonalLesson& lesson) {
  for (const Slot slot : features.of(FeatureFamily::single)) {
    const Place place = place_of(slot);
    cells_[place.cell] = wrapping_sum(cells_[place.cell], place.sign * lesson.weight);
  }
  spam_ = wrapping_sum(spam_, lesson.spam);
  ham_ = wrapping_sum(ham_, lesson.ham);
}

void PersonalModel::merge(const PersonalModel& other) {
  for (std::size_t i = 0; i < personal_cells; ++i) {
    cells_[i] = wrapping_sum(cells_[i], other.cells_[i]);
  }
  spam_ = wrapping_sum(spam_, other.spam_);
  ham_ = wrapping_sum(ham_, other.ham_);
}

std::string PersonalModel::format() const {
  std::string octets;
  append_unsigned(octets, feature_version);
  append_unsigned(octets, personal_bits);
  append_signed(octets, spam_);
  append_signed(octets, ham_);
  for (std::size_t i = 0; i < personal_cells;) {
    append_signed(octets, cells_[i]);
    if (cells_[i++] != zeros_follow) continue;
    std::uint32_t more = 0;
    for (; i < personal_cells && cells_[i] == 0; ++i) ++more;
    append_unsigned(octets, more);
  }
  return octets;
}

Parsed<PersonalModel> parse_personal_model(std::string_view octets) {
  VarintReader reader(octets);
  PersonalModel model;
  std::uint32_t version = 0, bits = 0;
  if (!reader.read_unsigned(version) || !reader.read_unsigned(bits) ||
      !reader.read_signed(model.spam_) || !reader.read_signed(model.ham_)) {
    return parse_error(reader.offset(), "the model is cut short");
  }
  if (version != feature_version || bits != personal_bits) {
    return parse_error(0, "the model was learned by another version of this program");
  }
  for (std::size_t i = 0; i < personal_cells;) {
    std::uint32_t zeros = 0;
    if (!reader.read_signed(model.cells_[i])) {
      return parse_error(reader.offset(), "the model is cut short");
    }
    if (model.cells_[i++] != zeros_follow) continue;
    if (!reader.read_unsigned(zeros) || zeros > personal_cells - i) {
      return parse_error(reader.offset(), "the model has more cells than there are");
    }
    i += zeros;
  }
  if (!reader.is_at_end()) return parse_error(reader.offset(), "something follows the model");
  return model;
}

}  // namespace postern::antispam
