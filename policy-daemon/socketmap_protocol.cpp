#include "policy-daemon/socketmap_protocol.hpp"

#include <memory>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "policy-daemon/tls_policy.hpp"

namespace postern {
namespace {

using Status = socketmap::Reply::Status;

std::string text_of(const socketmap::Reply& reply) {
  return socketmap::format_netstring(socketmap::format(reply));
}

void write_log(io::Log& log, const std::string& nexthop, const mta_sts::Outcome& outcome) {
  auto line = io::Log::line(event::tls_policy);
  line.add("domain", nexthop).add("answer", outcome.value.value_or("none"));
  line.add("why", outcome.why);
  log.write(event::tls_policy, line);
}

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

bool SocketmapProtocol::answer_next(Answer answer) {
  const auto content = reader_.next();
  if (!content) return false;
  const auto request = socketmap::parse_request(*content);
  if (!request) {
    answer(text_of({Status::perm, std::string(request.error().problem)}));
  } else if (request->map != map_name) {
    answer(text_of({Status::perm, "there is only the map mta-sts"}));
  } else {
    look_up(request->key, std::move(answer));
  }
  return true;
}

// The daemon's parts outlive every connection; this object may be gone when the answer is there.
void SocketmapProtocol::look_up(const std::string& nexthop, Answer answer) {
  const auto lookup = std::make_shared<TlsPolicyLookup>(
      services_, fetcher_, mta_sts::Request{nexthop, false},
      [&services = services_, &fetcher = fetcher_, nexthop,
       answer = std::move(answer)](const mta_sts::Outcome& outcome) {
        write_log(services.log, nexthop, outcome);
        answer(text_of(outcome.value ? socketmap::Reply{Status::ok, *outcome.value}
                                     : socketmap::Reply{Status::not_found, ""}));
        if (outcome.refresh) refresh(services, fetcher, nexthop);
      });
  lookup->start();
}

}  // namespace postern
