#include "lib/io/https/transfer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_header_size = 64 * 1024;
constexpr std::size_t max_error_size = 200;
constexpr const char* system_authorities = "/etc/ssl/certs";  // Debian's ca-certificates

// What libcurl says may quote a certificate or a server.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, max_error_size));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return !ascii::is_printable(c); }, '?');
  return line;
}

std::string host_of(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return {};
  url.remove_prefix(scheme.size());
  const std::string_view host = url.substr(0, url.find('/'));
  return host.find_first_of(":@[]?#") == host.npos ? std::string(host) : std::string();
}

template <typename Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool is_type(const char* given, std::string_view wanted) {
  if (given == nullptr) return false;
  const std::string_view text = given;
  return ascii::equals_ignoring_case(ascii::trim(text.substr(0, text.find(';'))), wanted);
}

HttpsResult failed(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

}  // namespace

Transfer::Transfer(const HttpsRequest& request, HttpsOptions options)
    : url_(request.url), options_(std::move(options)), easy_(curl_easy_init()) {
  ready_ = easy_ != nullptr && set_up(request);
}

bool Transfer::set_up(const HttpsRequest& request) {
  const auto timeout = static_cast<long>(options_.timeout.count());
  CURL* const easy = easy_.get();
  return set(easy, CURLOPT_URL, url_.c_str()) && set(easy, CURLOPT_PROTOCOLS_STR, "https") &&
         set(easy, CURLOPT_FOLLOWLOCATION, 0L) && set(easy, CURLOPT_PROXY, "") &&
         set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
         set(easy, CURLOPT_NOSIGNAL, 1L) &&
         set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
         set(easy, CURLOPT_USERAGENT, "postern") && set(easy, CURLOPT_FORBID_REUSE, 1L) &&
         set(easy, CURLOPT_FRESH_CONNECT, 1L) && set(easy, CURLOPT_TIMEOUT_MS, timeout) &&
         set(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout) &&
         set(easy, CURLOPT_WRITEFUNCTION, &take_body) && set(easy, CURLOPT_WRITEDATA, this) &&
         set(easy, CURLOPT_HEADERFUNCTION, &take_header) && set(easy, CURLOPT_HEADERDATA, this) &&
         set(easy, CURLOPT_ERRORBUFFER, error_.data()) && set_trust() && set_place(request);
}

// A directory of authorities is read as far as one chain needs it; the file with all of them would
// cost megabytes.
bool Transfer::set_trust() {
  CURL* const easy = easy_.get();
  const char* const file = options_.ca_file.empty() ? nullptr : options_.ca_file.c_str();
  const char* const directory = file == nullptr ? system_authorities : nullptr;
  return set(easy, CURLOPT_CAINFO, file) && set(easy, CURLOPT_CAPATH, directory) &&
         set(easy, CURLOPT_SSL_VERIFYPEER, 1L) && set(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
         set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
         set(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

// Where it connects to. "+" makes libcurl forget the addresses again.
bool Transfer::set_place(const HttpsRequest& request) {
  const std::string host = host_of(url_);
  if (host.empty()) return false;
  const bool fixed = !options_.connect_to.empty();
  if (!fixed && request.addresses.empty()) return false;
  std::string line = fixed ? "::" + options_.connect_to : "+" + host + ":443:";
  if (!fixed) {
    for (const IpAddress& address : request.addresses) {
      if (line.back() != ':') line += ",";
      line += address.is_v4() ? address.text() : "[" + address.text() + "]";
    }
  }
  place_.reset(curl_slist_append(nullptr, line.c_str()));
  return place_ != nullptr &&
         set(easy_.get(), fixed ? CURLOPT_CONNECT_TO : CURLOPT_RESOLVE, place_.get());
}

std::size_t Transfer::take_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;  // size is 1, as libcurl documents
  if (bytes > transfer->options_.max_body - transfer->body_.size()) {
    transfer->too_large_ = true;
    return 0;
  }
  transfer->body_.append(data, bytes);
  return bytes;
}

std::size_t Transfer::take_header(char*, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  transfer->header_size_ += size * count;
  if (transfer->header_size_ <= max_header_size) return size * count;
  transfer->too_large_ = true;
  return 0;
}

HttpsResult Transfer::failure(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT) return failed("no answer in time");
  if (too_large_) return failed("its answer is too large");
  const char* const text = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return failed("its certificate is refused: " + one_line(text));
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return failed("no authorities are trusted: install ca-certificates");
  }
  return failed("it cannot be fetched: " + one_line(text));
}

HttpsResult Transfer::run() {
  if (!ready_) return failed("it cannot be fetched: no address, or no https URL");
  return result(curl_easy_perform(easy_.get()));
}

HttpsResult Transfer::result(CURLcode code) const {
  if (code != CURLE_OK) return failure(code);
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
  constexpr long success = 200;
  if (status != success) return failed("its server answers " + std::to_string(status));
  if (!options_.content_type.empty() && !is_type(type, options_.content_type)) {
    return failed("its server does not call it " + options_.content_type);
  }
  return body_;
}

}  // namespace postern::io
