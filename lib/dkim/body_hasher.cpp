#include "lib/dkim/body_hasher.hpp"

#include <array>
#include <cstring>
#include <map>

namespace postern::dkim {
namespace {

// Shorter spans are gathered, since every call of a hash costs as much as some hundred octets.
constexpr std::size_t gather_size = 4096;
constexpr std::size_t direct_size = 512;

}  // namespace

// One canonicalization and its running hash.
class BodyHasher::Lane final : public OctetSink {
 public:
  Lane(Canonicalization canonicalization, const Crypto& crypto)
      : canonicalizer_(canonicalization, *this), hasher_(crypto.sha256()) {}

  void want(std::optional<std::uint64_t> length) {
    if (length) {
      lengths_.try_emplace(*length);
    } else {
      wants_whole_ = true;
    }
  }

  void update(std::string_view bytes) { canonicalizer_.update(bytes); }

  void finish() {
    canonicalizer_.finish();
    flush();
    take_copies(size_);  // l=0 of an empty body
    whole_ = hasher_->finish();
  }

  void put(std::string_view octets) override {
    if (octets.size() >= direct_size) {
      flush();
      hash(octets);
      return;
    }
    if (octets.size() > gather_size - gathered_) flush();
    std::memcpy(buffer_.data() + gathered_, octets.data(), octets.size());
    gathered_ += octets.size();
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // After finish(). What lies beyond the body has no copy.
  [[nodiscard]] const Digest& digest(std::optional<std::uint64_t> length) const {
    if (!length || *length > size_) return whole_;
    return lengths_.at(*length);
  }

 private:
  void flush() {
    hash({buffer_.data(), gathered_});
    gathered_ = 0;
  }

  void hash(std::string_view octets) {
    while (!octets.empty()) {
      take_copies(size_);
      const auto next = lengths_.upper_bound(size_);
      const std::uint64_t until_next = next == lengths_.end() ? octets.size() : next->first - size_;
      const std::string_view part = octets.substr(0, until_next);
      // Behind the last length that anybody wants only the size counts.
      if (wants_whole_ || next != lengths_.end()) hasher_->update(part);
      size_ += part.size();
      octets.remove_prefix(part.size());
    }
    take_copies(size_);
  }

  void take_copies(std::uint64_t size) {
    const auto found = lengths_.find(size);
    if (found == lengths_.end() || size < next_copy_) return;
    found->second = hasher_->clone()->finish();
    next_copy_ = size + 1;
  }

  BodyCanonicalizer canonicalizer_;
  std::unique_ptr<Hasher> hasher_;
  std::map<std::uint64_t, Digest> lengths_;  // wanted prefixes of the canonicalized body
  std::uint64_t next_copy_ = 0;              // lengths below this have their digest
  bool wants_whole_ = false;
  std::uint64_t size_ = 0;  // octets hashed or passed over
  std::array<char, gather_size> buffer_{};
  std::size_t gathered_ = 0;
  Digest whole_{};
};

BodyHasher::BodyHasher(const Crypto& crypto) : crypto_(crypto) {}
BodyHasher::~BodyHasher() = default;

std::unique_ptr<BodyHasher::Lane>& BodyHasher::lane(Canonicalization canonicalization) {
  return canonicalization == Canonicalization::simple ? simple_ : relaxed_;
}

std::size_t BodyHasher::request(Canonicalization canonicalization,
                                std::optional<std::uint64_t> length) {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const Request& request = requests_[i];
    if (request.canonicalization == canonicalization && request.length == length) return i;
  }
  auto& lane = this->lane(canonicalization);
  if (!lane) lane = std::make_unique<Lane>(canonicalization, crypto_);
  lane->want(length);
  requests_.push_back({canonicalization, length, {}});
  return requests_.size() - 1;
}

bool BodyHasher::has_requests() const {
  return !requests_.empty();
}

void BodyHasher::update(std::string_view bytes) {
  if (simple_) simple_->update(bytes);
  if (relaxed_) relaxed_->update(bytes);
}

void BodyHasher::finish() {
  if (simple_) simple_->finish();
  if (relaxed_) relaxed_->finish();
  for (Request& request : requests_) {
    request.digest = lane(request.canonicalization)->digest(request.length);
  }
}

const Digest& BodyHasher::digest(std::size_t request) const {
  return requests_[request].digest;
}

std::uint64_t BodyHasher::size(Canonicalization canonicalization) const {
  const auto& lane = canonicalization == Canonicalization::simple ? simple_ : relaxed_;
  return lane ? lane->size() : 0;
}

}  // namespace postern::dkim
