#include "lib/io/asio/stream_connection.hpp"

#include <unistd.h>

#include <cerrno>

#include <asio/post.hpp>

namespace postern::io {

StreamConnection::StreamConnection(std::shared_ptr<StreamOwner> owner, FileDescriptor socket)
    : owner_(std::move(owner)),
      socket_(owner_->loop().implementation().context, socket.release()) {}

StreamConnection::~StreamConnection() = default;

void StreamConnection::start(const StreamServer::Factory& factory) {
  conversation_ = factory(*this);
  wait_for_data();
}

void StreamConnection::close_if_idle() {
  if (!conversation_->is_busy()) close();
}

void StreamConnection::end() {
  abandon();
  conversation_.reset();
}

void StreamConnection::wait_for_data() {
  if (paused_ || waiting_ || ended_ || closing_ || closed_) return;
  waiting_ = true;
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->waiting_ = false;
                       if (error) return self->abandon();
                       self->read();
                     });
}

void StreamConnection::read() {
  if (paused_ || closing_ || closed_) return;
  std::string& buffer = owner_->read_buffer();
  const ssize_t size = ::read(socket_.native_handle(), buffer.data(), buffer.size());
  if (size < 0 && errno != EAGAIN && errno != EINTR) return abandon();
  if (size > 0) {
    conversation_->on_data(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
  } else if (size == 0) {
    ended_ = true;
    stop_expecting();
    conversation_->on_end();
  }
  if (owner_->is_draining()) close_if_idle();
  wait_for_data();
}

void StreamConnection::send(std::string text) {
  if (closed_) return;
  outbox_ += text;
  if (outbox_.size() > owner_->limits().unsent) return abandon();
  if (!writing_) write();
}

// Most answers fit into the socket's buffer at once; only the rest waits.
void StreamConnection::write() {
  const ssize_t size = ::write(socket_.native_handle(), outbox_.data(), outbox_.size());
  if (size < 0 && errno != EAGAIN && errno != EINTR) return abandon();
  if (size > 0) outbox_.erase(0, static_cast<std::size_t>(size));
  if (outbox_.empty()) {
    unread_ = {};
    if (closing_) abandon();
    return;
  }
  if (size > 0 || !unread_.is_set()) {
    unread_ = owner_->loop().after(owner_->limits().unread, [this] { abandon(); });
  }
  writing_ = true;
  socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->writing_ = false;
                       if (error) return self->abandon();
                       if (!self->closed_) self->write();
                     });
}

void StreamConnection::read_on() {
  paused_ = false;
  if (owner_->is_draining()) close_if_idle();
  wait_for_data();
}

void StreamConnection::close() {
  closing_ = true;
  stop_expecting();
  if (outbox_.empty()) abandon();
}

void StreamConnection::expect_within(std::chrono::milliseconds time) {
  expected_until_.reset();
  if (time.count() == 0 || closing_ || closed_) return;
  expected_until_ = std::chrono::steady_clock::now() + time;
  if (!expectation_.is_set() || expectation_due_ > *expected_until_) watch_expectation(time);
}

// A timer that goes off too early is cheaper than one that is set for each request.
void StreamConnection::watch_expectation(std::chrono::milliseconds time) {
  expectation_due_ = std::chrono::steady_clock::now() + time;
  expectation_ = owner_->loop().after(time, [this] {
    expectation_ = {};
    if (!expected_until_) return;
    const auto left = *expected_until_ - std::chrono::steady_clock::now();
    if (left.count() > 0) {
      return watch_expectation(std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    conversation_->on_late();
    abandon();
  });
}

void StreamConnection::stop_expecting() {
  expected_until_.reset();
  expectation_ = {};
}

// The conversation may be calling us: it goes later.
void StreamConnection::abandon() {
  if (closed_) return;
  closed_ = true;
  stop_expecting();
  unread_ = {};
  asio::error_code ignored;
  socket_.close(ignored);
  owner_->loop().post([self = shared_from_this()] { self->owner_->remove(*self); });
}

}  // namespace postern::io
