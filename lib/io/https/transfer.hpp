// One HTTPS request on libcurl: how it is set up, what it collects, and what it came to.
#pragma once

#include <curl/curl.h>

#include <array>
#include <string>

#include "lib/io/handle.hpp"
#include "lib/io/https/request.hpp"

namespace postern::io {

/// Only 200 with the right content type is a success; redirects are not followed, proxies and
/// credentials of the environment are not used, the certificate has to be valid for the host.
class Transfer {
 public:
  Transfer(const HttpsRequest& request, HttpsOptions options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  Transfer(Transfer&&) = delete;
  Transfer& operator=(Transfer&&) = delete;
  ~Transfer() = default;

  /// Performs it, once, in no more than the timeout of its options.
  [[nodiscard]] HttpsResult run();

 private:
  bool set_up(const HttpsRequest& request);
  bool set_trust();
  bool set_place(const HttpsRequest& request);
  [[nodiscard]] HttpsResult result(CURLcode code) const;
  [[nodiscard]] HttpsResult failure(CURLcode code) const;
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);

  const std::string url_;
  const HttpsOptions options_;
  CHandle<CURL, curl_easy_cleanup> easy_;
  CHandle<curl_slist, curl_slist_free_all> place_;  // libcurl borrows it
  std::array<char, CURL_ERROR_SIZE> error_{};       // likewise
  std::string body_;
  std::size_t header_size_ = 0;
  bool too_large_ = false;
  bool ready_ = false;
};

}  // namespace postern::io
