// Parameters of MTA-STS for outbound mail: the section [mta_sts].
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/mta_sts/evaluate.hpp"

namespace postern::mta_sts {

struct Settings {
  bool enabled = true;
  bool tls_reports = false;
  bool dane = false;
  std::chrono::milliseconds timeout{};
  std::string ca_file;     ///< Empty: the certificates that the system trusts.
  std::string connect_to;  ///< Empty: the addresses that DNS gives.

  [[nodiscard]] Options options() const {
    return {tls_reports ? TlsReports::on : TlsReports::off, dane, connect_to.empty()};
  }
};

[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::mta_sts
