#include "lib/antispam/network/chosen.hpp"

#include <bit>
#include <utility>

namespace postern::antispam {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

/// Up to eight octets, the first the least.
std::uint64_t word_of(std::string_view octets) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(octets[i])} << 8 * i;
  }
  return word;
}

}  // namespace

std::uint64_t secret_rank(std::string_view value, const Secret& secret) {
  SipState state{secret[0] ^ 0x736f6d6570736575U, secret[1] ^ 0x646f72616e646f6dU,
                 secret[0] ^ 0x6c7967656e657261U, secret[1] ^ 0x7465646279746573U};
  const std::uint64_t size = value.size();
  while (value.size() >= 8) {
    state.take(word_of(value.substr(0, 8)));
    value.remove_prefix(8);
  }
  state.take(word_of(value) | size << 56U);
  state.v2 ^= 0xFFU;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

void order_by_secret(std::vector<std::string>& values, const Secret& secret) {
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < values.size(); ++i) {
    order.emplace_back(secret_rank(values[i], secret), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> ordered;
  ordered.reserve(values.size());
  for (const auto& [rank, place] : order) ordered.push_back(std::move(values[place]));
  values = std::move(ordered);
}

void keep_chosen(std::vector<std::string>& values, std::size_t limit, const Secret& secret) {
  if (values.size() <= limit) return;
  order_by_secret(values, secret);
  values.resize(limit);
}

}  // namespace postern::antispam
