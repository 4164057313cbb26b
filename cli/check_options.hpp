// What the user of "postern check" gave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

struct CheckOptions {
  std::string file;  ///< Of the message; "-" for standard input.
  std::string client_ip;
  std::string helo;
  std::string rfc5321_mail_from;
  std::vector<std::string> recipients;
  std::string login;  ///< Of the user who submits the message; empty: it comes from outside.
  std::string zone_file;
  std::string config_file;  ///< Empty: that of the system, if there is one.
  std::string mode = "enforce";
  std::optional<std::int64_t> time;  ///< Seconds since the epoch instead of now.
  bool json = false;
  // "check --rules-json"
  bool rules_json = false;
  bool eager = false;
  bool inputs = false;
  std::string files_from;
  std::vector<std::string> more_files;
  // "check dmarc"
  std::string author_domain;
  std::string spf_domain;
  std::vector<std::string> dkim_domains;
};

/// Each runs one command and gives the exit status.
int check_message(const CheckOptions& options);
int check_rules(const CheckOptions& options);
int check_spf(const CheckOptions& options);
int check_dmarc(const CheckOptions& options);

}  // namespace postern::cli
