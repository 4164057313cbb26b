#include "policy-daemon/socketmap_conversation.hpp"

#include <utility>

#include "lib/event/catalogue.hpp"
#include "policy-daemon/tls_policy.hpp"

namespace postern {
namespace {

// A policy that is old is fetched again, after Postfix has its answer.
void refresh(Services& services, io::HttpsFetcher& fetcher, const std::string& nexthop) {
  const auto lookup =
      std::make_shared<TlsPolicyLookup>(services, fetcher, mta_sts::Request{nexthop, true},
                                        [&services, nexthop](const mta_sts::Outcome& outcome) {
                                          auto line = io::Log::line(event::tls_policy_refreshed);
                                          line.add("domain", nexthop).add("why", outcome.why);
                                          services.log.write(event::tls_policy_refreshed, line);
                                        });
  lookup->start();
}

}  // namespace

SocketmapConversation::SocketmapConversation(Services& services, io::HttpsFetcher& fetcher,
                                             io::Stream& stream)
    : services_(services), fetcher_(fetcher), stream_(stream) {
  stream_.expect_within(services_.site->policy.settings.server.idle_timeout);
}

void SocketmapConversation::on_data(std::string_view bytes) {
  reader_.feed(bytes);
  if (!answering_) answer_next();
}

void SocketmapConversation::on_end() {
  ended_ = true;
  if (!answering_) stream_.close();
}

void SocketmapConversation::answer_next() {
  looking_ = true;
  while (!answering_) {
    const auto content = reader_.next();
    if (!content) break;
    const auto request = socketmap::parse_request(*content);
    if (!request) {
      reply({socketmap::Reply::Status::perm, std::string(request.error().problem)});
    } else if (request->map != map_name) {
      reply({socketmap::Reply::Status::perm, "there is only the map mta-sts"});
    } else {
      answering_ = true;
      within_request_ = false;
      stream_.pause_reading();
      stream_.expect_within({});
      look_up(request->key);
    }
  }
  looking_ = false;
  if (answering_) return;
  if (ended_ || reader_.has_failed()) return stream_.close();
  expect_more();
  stream_.read_on();
}

// The time of a request begins with its first octet, and more of them do not lengthen it.
void SocketmapConversation::expect_more() {
  const bool was_within = std::exchange(within_request_, reader_.is_amid());
  if (was_within && within_request_) return;
  const auto& server = services_.site->policy.settings.server;
  stream_.expect_within(within_request_ ? server.request_timeout : server.idle_timeout);
}

void SocketmapConversation::look_up(const std::string& nexthop) {
  const auto lookup = std::make_shared<TlsPolicyLookup>(
      services_, fetcher_, mta_sts::Request{nexthop, false},
      [self = std::weak_ptr(self_), nexthop](const mta_sts::Outcome& outcome) {
        if (const auto alive = self.lock()) (*alive)->on_outcome(nexthop, outcome);
      });
  lookup->start();
}

void SocketmapConversation::on_outcome(const std::string& nexthop,
                                       const mta_sts::Outcome& outcome) {
  auto line = io::Log::line(event::tls_policy);
  line.add("domain", nexthop).add("answer", outcome.value.value_or("none"));
  line.add("why", outcome.why);
  services_.log.write(event::tls_policy, line);
  using Status = socketmap::Reply::Status;
  answering_ = false;
  reply(outcome.value ? socketmap::Reply{Status::ok, *outcome.value}
                      : socketmap::Reply{Status::not_found, ""});
  if (outcome.refresh) refresh(services_, fetcher_, nexthop);
  if (!looking_) answer_next();
}

void SocketmapConversation::reply(const socketmap::Reply& reply) {
  stream_.send(socketmap::format_netstring(socketmap::format(reply)));
}

}  // namespace postern
