#include <algorithm>
#include <chrono>
#include <random>

#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/channel.hpp"
#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/process/spawn.hpp"
#include "lib/io/rule_updates/update_source.hpp"

namespace postern::io {
namespace {

using antispam::Mirror;
using Failure = Unexpected<std::string>;
using Text = Expected<std::string, std::string>;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_small_file = 64 * 1024;       // octets of lists, digests, and signatures
constexpr std::chrono::milliseconds patience{120'000};  // for one file

std::string host_of(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  url.remove_prefix(scheme.size());
  return ascii::to_lower(url.substr(0, url.find('/')));
}

class NetworkSource final : public UpdateSource {
 public:
  NetworkSource(Resolver& resolver, NetworkSourceOptions options)
      : resolver_(resolver), options_(std::move(options)) {}

  Expected<std::optional<std::uint64_t>, std::string> newest(const std::string& channel) override {
    end_ = Clock::now() + options_.time_limit;
    const std::string name = antispam::version_question(channel);
    const auto texts = ask_texts(name);
    if (!texts) return Failure(texts.error());
    const auto version = antispam::read_version(*texts);
    if (version || !options_.mirror.empty()) return version;
    const auto lists = ask_texts(antispam::mirrors_question(channel));
    if (!lists) return Failure(lists.error());
    if (!lists->empty()) return std::optional<std::uint64_t>();  // a channel without one for 4.0.1
    return Failure("DNS knows neither " + name + " nor " + antispam::mirrors_question(channel) +
                   "; is it the name of a channel?");
  }

  Expected<UpdatePackage, std::string> fetch(const std::string& channel, std::uint64_t version,
                                             bool with_signature) override {
    auto mirrors = find_mirrors(channel);
    if (!mirrors) return Failure(mirrors.error());
    std::string problem = "no mirror works";
    for (std::size_t tried = 0; !mirrors->empty() && tried < max_tried_mirrors; ++tried) {
      const std::size_t at = antispam::choose_mirror(*mirrors, random_());
      auto package = fetch_from((*mirrors)[at].url, version, with_signature);
      if (package) return package;
      problem += "; " + package.error();
      if (left().count() == 0) break;
      mirrors->erase(mirrors->begin() + static_cast<std::ptrdiff_t>(at));
    }
    return Failure(problem);
  }

 private:
  Expected<dns::Answers, std::string> ask(const dns::Questions& questions) {
    const auto inquiry = resolver_.inquiry(options_.budget);
    dns::Answers answers;
    inquiry->ask(questions);
    inquiry->wait(answers);
    for (const dns::Question& question : questions) {
      const dns::Answer* answer = answers.find(question.name, question.type);
      if (answer == nullptr || answer->is_failure()) {
        return Failure("DNS does not answer for " + question.name);
      }
    }
    return answers;
  }

  Expected<std::vector<std::string>, std::string> ask_texts(const std::string& name) {
    const auto answers = ask({{name, dns::Type::txt}});
    if (!answers) return Failure(answers.error());
    return answers->find(name, dns::Type::txt)->texts;
  }

  Expected<std::vector<Mirror>, std::string> find_mirrors(const std::string& channel) {
    if (!options_.mirror.empty()) {
      auto given = antispam::parse_mirrors(options_.mirror);
      if (given.size() != 1) {
        return Failure("--url: is no URL of https, or names a port; give https://HOST/PATH");
      }
      return given;
    }
    const std::string name = antispam::mirrors_question(channel);
    const auto lists = ask_texts(name);
    if (!lists) return Failure(lists.error());
    std::string problem = "DNS does not say at " + name + " where the list of mirrors lies";
    for (const std::string& list : *lists) {
      const auto url = antispam::secure_url(list);
      if (!url) continue;
      const Text text = download(*url, max_small_file);
      auto mirrors = antispam::parse_mirrors(text ? std::string_view(*text) : std::string_view());
      if (!mirrors.empty()) return mirrors;
      problem = *url + ": " + (text ? "names no mirror" : text.error());
    }
    return Failure(problem);
  }

  Expected<UpdatePackage, std::string> fetch_from(const std::string& mirror, std::uint64_t version,
                                                  bool with_signature) {
    const std::string url = mirror + "/" + std::to_string(version) + ".tar.gz";
    const auto failed = [&](const Text& text) { return Failure(url + ": " + text.error()); };
    UpdatePackage package;
    Text archive = download(url, antispam::max_update_archive);
    if (!archive) return failed(archive);
    package.archive = std::move(*archive);
    Text digest = download(url + ".sha512", max_small_file);
    if (!digest) {
      package.is_sha512 = false;
      digest = download(url + ".sha256", max_small_file);
    }
    if (!digest) return Failure(url + ".sha512 and .sha256: " + digest.error());
    package.digest = std::move(*digest);
    if (!with_signature) return package;
    Text signature = download(url + ".asc", max_small_file);
    if (!signature) return Failure(url + ".asc: " + signature.error());
    package.signature = std::move(*signature);
    return package;
  }

  [[nodiscard]] std::chrono::milliseconds left() const {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    return std::max(rest, std::chrono::milliseconds(0));
  }

  Text download(const std::string& url, std::size_t max_size) {
    const auto time = std::min(patience, left());
    if (time.count() == 0) {
      return Failure("the time for the channel is over (" +
                     std::to_string(options_.time_limit.count() / 1000) + " s); see --timeout");
    }
    std::vector<std::string> words = {program_of_ours("postern-fetch", POSTERN_LIBEXEC_DIR),
                                      "--timeout=" + std::to_string(time.count()),
                                      "--max-body=" + std::to_string(max_size), "--content-type",
                                      ""};
    if (!options_.ca_file.empty()) words.push_back("--ca-file=" + options_.ca_file);
    if (!options_.connect_to.empty()) {
      words.push_back("--connect-to=" + options_.connect_to);
    }
    words.push_back(url);
    if (options_.connect_to.empty()) {
      const auto addresses = addresses_of(host_of(url));
      if (!addresses) return Failure(addresses.error());
      words.insert(words.end(), addresses->begin(), addresses->end());
    }
    const auto result = run_to_end(words, time + std::chrono::seconds(5));
    if (!result) return Failure(result.error());
    if (result->status == 0) return result->output;
    const std::string_view said = ascii::trim(result->output);
    return Failure(said.empty() ? "postern-fetch failed" : std::string(said));
  }

  Expected<std::vector<std::string>, std::string> addresses_of(const std::string& host) {
    const auto answers = ask({{host, dns::Type::a}, {host, dns::Type::aaaa}});
    if (!answers) return Failure(answers.error());
    std::vector<std::string> addresses;
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
      for (const IpAddress& address : answers->find(host, type)->addresses) {
        addresses.push_back(address.text());
      }
    }
    if (addresses.empty()) return Failure("DNS has no address of " + host);
    return addresses;
  }

  Resolver& resolver_;
  const NetworkSourceOptions options_;
  std::random_device random_;
  Clock::time_point end_;  // of the channel's time
};

}  // namespace

std::unique_ptr<UpdateSource> make_network_source(Resolver& resolver,
                                                  NetworkSourceOptions options) {
  return std::make_unique<NetworkSource>(resolver, std::move(options));
}

}  // namespace postern::io
