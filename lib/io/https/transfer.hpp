// One HTTPS request on libcurl: how it is set up, what it collects, and what it came to.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <string>

#include "lib/io/handle.hpp"
#include "lib/io/https/https_fetcher.hpp"

namespace postern::io {

/// Belongs to the fetcher's thread.
class Transfer {
 public:
  /// \param left  Until its deadline.
  Transfer(const HttpsRequest& request, const HttpsOptions& options,
           std::chrono::milliseconds left);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  Transfer(Transfer&&) = delete;
  Transfer& operator=(Transfer&&) = delete;
  ~Transfer() = default;

  /// Null when it could not be set up; result() then says so.
  [[nodiscard]] CURL* handle() const { return ready_ ? easy_.get() : nullptr; }
  [[nodiscard]] const std::string& url() const { return url_; }
  /// After its end. \param code  As libcurl gave it.
  [[nodiscard]] HttpsResult result(CURLcode code) const;

 private:
  bool set_up(const HttpsRequest& request, std::chrono::milliseconds left);
  bool set_trust();
  bool set_place(const HttpsRequest& request);
  HttpsResult failure(CURLcode code) const;
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);

  const std::string url_;
  const HttpsOptions& options_;
  CHandle<CURL, curl_easy_cleanup> easy_;
  CHandle<curl_slist, curl_slist_free_all> place_;  // libcurl borrows it
  std::array<char, CURL_ERROR_SIZE> error_{};       // likewise
  std::string body_;
  std::size_t header_size_ = 0;
  bool too_large_ = false;
  bool ready_ = false;
};

}  // namespace postern::io
