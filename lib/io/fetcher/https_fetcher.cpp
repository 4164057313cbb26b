#include "lib/io/fetcher/https_fetcher.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_callbacks = 10'000;  // of one URL
constexpr std::size_t max_problem_size = 300;  // octets

HttpsResult failed(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

// The program talks to strangers, so it is not trusted to have printed one printable line.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, std::min(text.find('\n'), max_problem_size)));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return !ascii::is_printable(c); }, '?');
  return line;
}

}  // namespace

HttpsFetcher::~HttpsFetcher() {
  const auto flights = std::exchange(flights_, {});
  for (const auto& [url, flight] : flights) {
    for (const Done& done : flight.callbacks) done(failed("the fetcher has stopped"));
  }
}

void HttpsFetcher::fetch(HttpsRequest request, Done done) {
  if (!may_add(request.url)) return done(failed("too many others are being fetched"));
  const std::string url = request.url;
  Flight& flight = flights_[url];
  flight.callbacks.push_back(std::move(done));
  if (flight.callbacks.size() > 1) return;
  flight.request = std::move(request);
  flight.deadline = Clock::now() + options_.https.timeout;
  queue_.push_back(url);
  start_some();
}

bool HttpsFetcher::may_add(const std::string& url) const {
  const auto found = flights_.find(url);
  if (found != flights_.end()) return found->second.callbacks.size() < max_callbacks;
  return running_ < options_.max_parallel || queue_.size() < options_.max_waiting;
}

void HttpsFetcher::start_some() {
  while (!queue_.empty() && running_ < options_.max_parallel) {
    const std::string url = std::move(queue_.front());
    queue_.pop_front();
    start(flights_.at(url));
  }
}

void HttpsFetcher::start(Flight& flight) {
  const std::string url = flight.request.url;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(flight.deadline - Clock::now());
  if (left.count() <= 0) return finish(url, failed("no answer in time"));
  auto child = ChildProcess::start(loop_, command(flight.request, left),
                                   {left, options_.https.max_body}, [this, url](ChildEnd end) {
                                     --running_;
                                     finish(url, result_of(std::move(end)));
                                     start_some();
                                   });
  if (!child) {
    return finish(url, failed(options_.program + " cannot be run (" + child.error() +
                              "): install it as postern-policy was, with mode 0755"));
  }
  ++running_;
  flight.child = std::move(*child);
}

// The flight goes first: who is told may ask for the same again.
void HttpsFetcher::finish(const std::string& url, const HttpsResult& result) {
  const auto flight = flights_.extract(url);
  if (flight.empty()) return;
  for (const Done& done : flight.mapped().callbacks) done(result);
}

std::vector<std::string> HttpsFetcher::command(const HttpsRequest& request,
                                               std::chrono::milliseconds left) const {
  const HttpsOptions& https = options_.https;
  std::vector<std::string> words = {
      options_.program,
      "--timeout=" + std::to_string(left.count()),
      "--max-body=" + std::to_string(https.max_body),
      "--content-type=" + https.content_type,
  };
  if (!https.ca_file.empty()) words.push_back("--ca-file=" + https.ca_file);
  if (!https.connect_to.empty()) words.push_back("--connect-to=" + https.connect_to);
  words.emplace_back("--");
  words.push_back(request.url);
  for (const IpAddress& address : request.addresses) words.push_back(address.text());
  return words;
}

HttpsResult HttpsFetcher::result_of(ChildEnd end) const {
  const auto broken = [&](const char* how) {
    return failed(options_.program + how + std::to_string(end.status) +
                  ": run it with --version to see what it lacks");
  };
  switch (end.cause) {
    case ChildEnd::Cause::late: return failed("no answer in time");
    case ChildEnd::Cause::talkative: return failed("its answer is too large");
    case ChildEnd::Cause::signalled: return broken(" was ended by signal ");
    case ChildEnd::Cause::exited: break;
  }
  if (end.status == 0) return std::move(end.output);
  const std::string problem = one_line(end.output);
  if (end.status == 1 && !problem.empty()) return failed(problem);
  return broken(" ended with status ");
}

}  // namespace postern::io
