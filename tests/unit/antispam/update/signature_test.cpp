#include "lib/antispam/update/signature.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("dearmor_keys: every block, with text around it", "[antispam]") {
  const std::string block =
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n"
      "Version: 1\r\n"
      "\r\n"
      "YWJj\r\n"
      "ZGVm\r\n"
      "=AAAA\r\n"
      "-----END PGP PUBLIC KEY BLOCK-----\r\n";
  CHECK(dearmor_keys("A key:\n" + block) == "abcdef");
  CHECK(dearmor_keys(block + "\n" + block) == "abcdefabcdef");
  CHECK(is_armored(block));
  CHECK_FALSE(is_armored("\x99\x01"));
  CHECK_FALSE(dearmor_keys("no key"));
  CHECK_FALSE(dearmor_keys(block.substr(0, block.size() / 2)));
  CHECK_FALSE(dearmor_keys(block + "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n"
                                   "-----END PGP PUBLIC KEY BLOCK-----\n"));
}

TEST_CASE("read_signature_status: only a valid signature and no complaint",
          "[antispam][security]") {
  const std::string fingerprint = "0C2B1D7175B852C64B3CDC716C55397824F434CE";
  const std::string good =
      "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 6C55397824F434CE A\n[GNUPG:] VALIDSIG " + fingerprint +
      " 2024-01-01 1704067200 0 4 0 1 10 00 5E54\n";
  CHECK(read_signature_status(good).signer == fingerprint);
  CHECK(read_signature_status(good).signed_at == 1704067200);
  CHECK(read_signature_status("[GNUPG:] VALIDSIG " + fingerprint + "\n" + good).signed_at == 0);
  for (const char* line : {"BADSIG 6C55 A", "NO_PUBKEY 6C55", "EXPKEYSIG 6C55 A",
                           "REVKEYSIG 6C55 A", "EXPSIG 6C55 A"}) {
    CAPTURE(line);
    const auto report = read_signature_status(good + "[GNUPG:] " + line + "\n");
    CHECK(report.signer.empty());
    CHECK_FALSE(report.signed_at);
    CHECK_FALSE(report.problem.empty());
  }
  CHECK(read_signature_status("").signer.empty());
  CHECK(read_signature_status("VALIDSIG " + fingerprint + "\n").signer.empty());
}

}  // namespace
}  // namespace postern::antispam
