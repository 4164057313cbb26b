// What OpenSSL allocates, owned.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "lib/io/handle.hpp"

namespace postern::io {

using BigNumber = CHandle<BIGNUM, BN_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using DigestMethod = CHandle<EVP_MD, EVP_MD_free>;
using Key = CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = CHandle<OSSL_PARAM, OSSL_PARAM_free>;

}  // namespace postern::io
