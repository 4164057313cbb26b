// Drives a resolver from standard input, one JSON line for each command: for tests against a faulty
// DNS server.
//
//   resolver_probe SERVER [--question-ms N] [--total-ms N] [--questions N] [--trust-anchor FILE]
//
//   ask NAME TYPE ...    one inquiry; prints the answers
//   burst COUNT SUFFIX   one inquiry for n0.SUFFIX, n1.SUFFIX, ...; prints how many succeeded
//   names COUNT SUFFIX   the same in inquiries of 100 questions
//   hit COUNT NAME       asks a known TXT record again and again; prints microseconds each
//   leave COUNT SUFFIX   asks and does not wait
//   quit                 prints how long the resolver took to end
#include <chrono>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/io/resolver/unbound_resolver.hpp"

namespace postern::io {
namespace {

using Clock = std::chrono::steady_clock;
using dns::Type;
using nlohmann::json;

// Sanitizers keep freed memory, so its size says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

constexpr int names_per_inquiry = 100;

const char* text(dns::Status status) {
  switch (status) {
    case dns::Status::success: return "success";
    case dns::Status::no_data: return "no_data";
    case dns::Status::nxdomain: return "nxdomain";
    case dns::Status::servfail: return "servfail";
    case dns::Status::timeout: return "timeout";
    case dns::Status::not_asked: return "not_asked";
  }
  return "";
}

const char* text(dns::Security security) {
  switch (security) {
    case dns::Security::indeterminate: return "indeterminate";
    case dns::Security::insecure: return "insecure";
    case dns::Security::secure: return "secure";
    case dns::Security::bogus: return "bogus";
  }
  return "";
}

Type type_of(const std::string& name) {
  if (name == "A") return Type::a;
  if (name == "AAAA") return Type::aaaa;
  if (name == "MX") return Type::mx;
  if (name == "PTR") return Type::ptr;
  return Type::txt;
}

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stol(line.substr(6));
  }
  return 0;
}

json records(const dns::Answer& answer) {
  json list = json::array();
  for (const auto& address : answer.addresses) list.push_back(address.text());
  for (const auto& record : answer.exchanges) list.push_back({record.preference, record.exchange});
  for (const auto& content : answer.texts) list.push_back(content);
  for (const auto& name : answer.names) list.push_back(name);
  return list;
}

class Probe {
 public:
  Probe(const UnboundSettings& settings, const Budget& budget) : budget_(budget) {
    auto made = make_unbound_resolver(settings, [this](bool up, const std::string& detail) {
      print({{"health", up ? "up" : "down"}, {"detail", detail}});
    });
    if (made) {
      resolver_ = std::move(*made);
      print({{"started", true}, {"rss_kb", resident_kb()}, {"sanitized", is_sanitized}});
    } else {
      print({{"error", made.error()}});
    }
  }

  bool run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (!resolver_ || command == "quit") return false;
    if (command == "ask") return ask(words);
    int count = 0;
    std::string name;
    words >> count >> name;
    if (command == "burst") print(many(count, count, name));
    if (command == "names") print(many(count, names_per_inquiry, name));
    if (command == "hit") print(hit(count, name));
    if (command == "leave") left_.push_back(leave(count, name));
    return true;
  }

  void end() {
    const auto start = Clock::now();
    resolver_.reset();
    print({{"stopped_ms", milliseconds_since(start)}});
  }

 private:
  void print(const json& line) {
    const std::lock_guard lock(mutex_);
    std::cout << line.dump(-1, ' ', true, json::error_handler_t::replace) << std::endl;
  }

  bool ask(std::istringstream& words) {
    dns::Questions questions;
    std::string name;
    for (std::string type; words >> name >> type;) questions.push_back({name, type_of(type)});
    const auto start = Clock::now();
    const auto inquiry = resolver_->inquiry(budget_);
    dns::Answers answers;
    for (const auto& question : questions) inquiry->ask({question});
    inquiry->wait(answers);
    json list = json::array();
    for (const auto& question : questions) {
      const dns::Answer* answer = answers.find(question.name, question.type);
      if (answer == nullptr) continue;
      list.push_back({{"name", question.name},
                      {"status", text(answer->status)},
                      {"security", text(answer->security)},
                      {"records", records(*answer)}});
    }
    print({{"answers", list},
           {"waited_ms", inquiry->waited().count()},
           {"elapsed_ms", milliseconds_since(start)},
           {"limit_hit", inquiry->limit_hit()},
           {"cache_hits", resolver_->statistics().cache_hits}});
    return true;
  }

  json many(int count, int per_inquiry, const std::string& suffix) {
    const auto start = Clock::now();
    int success = 0;
    for (int next = 0; next < count;) {
      dns::Questions questions;
      for (int n = 0; n < per_inquiry && next < count; ++n, ++next) {
        questions.push_back({"n" + std::to_string(next) + "." + suffix, Type::txt});
      }
      const auto inquiry = resolver_->inquiry(budget_);
      dns::Answers answers;
      inquiry->ask(questions);
      inquiry->wait(answers);
      for (const auto& question : questions) {
        if (answers.find(question.name, question.type)->status == dns::Status::success) ++success;
      }
    }
    const ResolverStatistics now = resolver_->statistics();
    return {{"success", success},
            {"elapsed_ms", milliseconds_since(start)},
            {"rss_kb", resident_kb()},
            {"cached", now.cached},
            {"cached_bytes", now.cached_bytes},
            {"open", now.open}};
  }

  json hit(int count, const std::string& name) {
    dns::Answers first;
    const auto warm = resolver_->inquiry(budget_);
    warm->ask({{name, Type::txt}});
    warm->wait(first);
    const auto start = Clock::now();
    for (int i = 0; i < count; ++i) {
      const auto inquiry = resolver_->inquiry(budget_);
      dns::Answers answers;
      inquiry->ask({{name, Type::txt}});
      inquiry->collect(answers);
    }
    return {{"us_each", milliseconds_since(start) * 1000 / count},
            {"cache_hits", resolver_->statistics().cache_hits}};
  }

  std::unique_ptr<Inquiry> leave(int count, const std::string& suffix) {
    auto inquiry = resolver_->inquiry(budget_);
    for (int i = 0; i < count; ++i) {
      inquiry->ask({{"n" + std::to_string(i) + "." + suffix, Type::txt}});
    }
    print({{"left", count}});
    return inquiry;
  }

  const Budget budget_;
  std::mutex mutex_;
  std::unique_ptr<Resolver> resolver_;
  std::vector<std::unique_ptr<Inquiry>> left_;
};

}  // namespace
}  // namespace postern::io

int main(int count, char** arguments) {
  using namespace postern::io;
  UnboundSettings settings;
  Budget budget;
  if (count > 1) settings.servers = {arguments[1]};
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string option = arguments[i];
    const std::string value = arguments[i + 1];
    if (option == "--question-ms") budget.question = std::chrono::milliseconds(std::stol(value));
    if (option == "--total-ms") budget.total = std::chrono::milliseconds(std::stol(value));
    if (option == "--questions") budget.questions = static_cast<unsigned>(std::stoul(value));
    if (option == "--trust-anchor") {
      settings.dnssec = true;
      settings.trust_anchor_file = value;
    }
  }
  Probe probe(settings, budget);
  for (std::string line; std::getline(std::cin, line) && probe.run(line);) continue;
  probe.end();
}
