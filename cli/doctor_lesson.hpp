// "postern doctor --live": whether moving a message into Junk teaches the filter.
#pragma once

#include "cli/doctor_options.hpp"
#include "lib/doctor/live.hpp"
#include "lib/io/probe/imap.hpp"

namespace postern::cli {

/// Moves a message of ours over IMAP, looks whether it is learned, and takes that back.
/// \param mail  No other message is the same.
[[nodiscard]] doctor::LessonResult try_lesson(const DoctorOptions& options,
                                              const io::ImapLogin& login,
                                              const doctor::ProbeMail& mail);

}  // namespace postern::cli
