// What OpenSSL allocates, owned: each handle is given back with the function that its type wants.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

namespace postern::io {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* resource) const noexcept {
    Free(resource);
  }
};
template <typename T, auto Free>
using CHandle = std::unique_ptr<T, FreeWith<Free>>;

using BigNumber = CHandle<BIGNUM, BN_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using DigestMethod = CHandle<EVP_MD, EVP_MD_free>;
using Key = CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = CHandle<OSSL_PARAM, OSSL_PARAM_free>;

}  // namespace postern::io
