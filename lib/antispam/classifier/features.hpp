// From a rendered message to the features that the classifier learns and judges by.
#pragma once

#include <vector>

#include "lib/antispam/classifier/feature.hpp"
#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

/// Depends on nothing but the message; its cost is bounded by the constants of feature.hpp.
/// \param message  As the client sent it. A message from a mailbox has fields that our own hosts
/// put on top, which would tell the label: cut them off before it is rendered. Fields of spam
/// filters and of deliveries are left out here in any case.
/// \param names  Gets what the features but grams are made of; nullptr: nobody asks.
[[nodiscard]] Features read_features(RenderedMessage& message,
                                     std::vector<NamedFeature>* names = nullptr);

}  // namespace postern::antispam
