#include "dovecot-plugins/common/dovecot.hpp"

#include "dovecot-plugins/common/outbox.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "dovecot-plugins/common/guarded.hpp"
#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/training/courier.hpp"

namespace postern::dovecot {
namespace {

// In memory, each with a descriptor: those of a transaction, and those without a receipt.
constexpr std::size_t max_held = 32;
constexpr std::size_t max_unconfirmed = 64;
constexpr unsigned receipt_timeout_ms = 10'000;
constexpr std::chrono::milliseconds last_wait{100};

bool is_in_memory(const Lesson& lesson) {
  return std::holds_alternative<io::FileDescriptor>(lesson.message);
}

}  // namespace

// Events sent over one connection. Dovecot's event loop tells when a receipt has come.
class Outbox::Delivery {
 public:
  Delivery(Outbox& outbox, io::Courier courier, std::vector<Lesson> lessons)
      : outbox_(outbox), courier_(std::move(courier)), lessons_(std::move(lessons)) {
    ioloop* const loop = io_loop_get_root();
    readable_ = io_add_to(loop, courier_.descriptor(), IO_READ, on_readable, this);
    timeout_ = timeout_add_to(loop, receipt_timeout_ms, on_timeout, this);
  }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery() {
    io_remove(&readable_);
    timeout_remove(&timeout_);
  }

  // Forgets what has been confirmed; true when nothing is left to wait for.
  bool settle() {
    const std::size_t receipts = std::min(courier_.take_receipts(), lessons_.size());
    lessons_.erase(lessons_.begin(), lessons_.begin() + static_cast<std::ptrdiff_t>(receipts));
    return lessons_.empty() || courier_.is_closed();
  }
  void wait(std::chrono::milliseconds time) const { courier_.wait(time); }
  [[nodiscard]] std::size_t unconfirmed() const { return lessons_.size(); }
  std::vector<Lesson> take() { return std::exchange(lessons_, {}); }

 private:
  static void on_readable(void* context) noexcept {
    auto* const self = static_cast<Delivery*>(context);
    guarded("receipt", [self] {
      if (self->settle()) self->end();
    });
  }
  static void on_timeout(void* context) noexcept {
    guarded("receipt", [context] { static_cast<Delivery*>(context)->end(); });
  }
  void end() {
    Outbox& outbox = outbox_;
    std::vector<Lesson> left = take();
    outbox.remove(*this);  // we are no more
    outbox.spool(std::move(left));
  }

  Outbox& outbox_;
  io::Courier courier_;
  std::vector<Lesson> lessons_;  // without a receipt, in the order sent
  ::io* readable_ = nullptr;
  ::timeout* timeout_ = nullptr;
};

Outbox::Outbox(Settings settings, Complain complain)
    : settings_(std::move(settings)),
      complain_(std::move(complain)),
      spool_(settings_.spool, io::SpoolLimits{}) {}

Outbox::~Outbox() = default;

Expected<Lesson, std::string> Outbox::hold(const training::Event& event, std::string_view message,
                                           std::size_t held) {
  std::string line = format(event);
  if (held < max_held) {
    auto memory = io::seal_message(message);
    if (memory) return Lesson{event.id, std::move(line), std::move(*memory)};
  }
  auto file = spool_.write(event.id, line, message);
  if (!file) return Unexpected<std::string>(file.error());
  return Lesson{event.id, std::move(line), std::move(*file)};
}

void Outbox::send(std::vector<Lesson> lessons) {
  const auto in_memory = std::stable_partition(lessons.begin(), lessons.end(), is_in_memory);
  std::vector<Lesson> in_spool(std::make_move_iterator(in_memory),
                               std::make_move_iterator(lessons.end()));
  lessons.erase(in_memory, lessons.end());
  if (unconfirmed() + lessons.size() > max_unconfirmed) {
    std::move(lessons.begin(), lessons.end(), std::back_inserter(in_spool));
  } else if (!lessons.empty()) {
    deliver(std::move(lessons));
  }
  spool(std::move(in_spool));
}

void Outbox::deliver(std::vector<Lesson> lessons) {
  auto courier = io::Courier::connect(settings_.socket);
  if (!courier) return spool(std::move(lessons));
  const auto sent = std::find_if_not(lessons.begin(), lessons.end(), [&](const Lesson& lesson) {
    return courier->send(lesson.line, std::get<io::FileDescriptor>(lesson.message).get());
  });
  std::vector<Lesson> unsent(std::make_move_iterator(sent), std::make_move_iterator(lessons.end()));
  lessons.erase(sent, lessons.end());
  if (!lessons.empty()) {
    deliveries_.push_back(
        std::make_unique<Delivery>(*this, std::move(*courier), std::move(lessons)));
  }
  spool(std::move(unsent));
}

// Says what went wrong with the first of those that are lost.
void Outbox::spool(std::vector<Lesson> lessons) {
  std::size_t lost = 0;
  std::string problem;
  for (Lesson& lesson : lessons) {
    std::string why = spool(lesson);
    if (why.empty()) continue;
    ++lost;
    if (problem.empty()) problem = std::move(why);
  }
  if (lost > 0) complain_(std::to_string(lost) + " message(s) not learned: " + problem);
}

std::string Outbox::spool(Lesson& lesson) {
  if (is_in_memory(lesson)) {
    const auto text = io::read_sealed_message(std::get<io::FileDescriptor>(lesson.message).get(),
                                              settings_.max_size);
    if (!text) return text.error();
    auto file = spool_.write(lesson.id, lesson.line, *text);
    if (!file) return file.error();
    lesson.message = std::move(*file);
  }
  return std::get<io::SpoolFile>(lesson.message).keep() ? "" : "it cannot be kept in the spool";
}

void Outbox::remove(const Delivery& delivery) {
  std::erase_if(deliveries_, [&](const auto& each) { return each.get() == &delivery; });
}

std::size_t Outbox::unconfirmed() const {
  std::size_t count = 0;
  for (const auto& delivery : deliveries_) count += delivery->unconfirmed();
  return count;
}

void Outbox::finish() {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + last_wait;
  for (const auto& delivery : std::exchange(deliveries_, {})) {
    while (!delivery->settle() && Clock::now() < end) {
      delivery->wait(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()));
    }
    spool(delivery->take());
  }
}

}  // namespace postern::dovecot
