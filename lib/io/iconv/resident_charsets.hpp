// Charsets for a process that will not be able to open files.
#pragma once

namespace postern::io {

/// Loads the code for the charsets of usual mail, and keeps it as long as the process lives:
/// whoever calls iconv_open(3) later finds it loaded. Charsets that the system lacks are left out.
void keep_charsets();

}  // namespace postern::io
