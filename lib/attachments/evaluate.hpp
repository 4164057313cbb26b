// The policy about attachments that needs no signatures.
#pragma once

#include <vector>

#include "lib/archive/inflate.hpp"
#include "lib/attachments/media_types.hpp"
#include "lib/attachments/outcome.hpp"
#include "lib/attachments/settings.hpp"
#include "lib/mail/attachment.hpp"

namespace postern::attachments {

/// What the policy uses of C libraries.
struct Tools {
  archive::Inflate inflate = nullptr;       ///< Without it archives are not opened.
  const MediaTypes* media_types = nullptr;  ///< Without it fewer types are known.
};

/// Judges names, types, and what archives hold. Time is bounded by the settings and the size of
/// the attachments.
[[nodiscard]] Outcome evaluate(const std::vector<mail::Attachment>& attachments,
                               const Settings& settings, const Tools& tools);

}  // namespace postern::attachments
