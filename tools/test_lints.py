#!/usr/bin/env python3
"""Tests of the lints that read C++: what they have to find, and what they must not."""

import unittest

import check_includes
import check_odr


def odr(**texts):
    """Offences of sources; "lib_a_hpp" stands for lib/a.hpp."""
    sources = {}
    for name, text in texts.items():
        folders, _, ending = name.rpartition("_")
        sources[folders.replace("_", "/") + "." + ending] = text
    return list(check_odr.offences(sources))


class OdrTest(unittest.TestCase):
    """tools/check_odr.py"""

    def test_two_classes_of_one_name_are_found(self):
        template = "namespace a::b {\ntemplate <auto f>\nstruct FreeWith {\n  int x;\n};\n}\n"
        nested = "namespace a { namespace b {\nstruct FreeWith final : Base<int> {};\n}}\n"
        self.assertEqual(odr(lib_x_hpp=template, lib_y_hpp=nested),
                         ["lib/y.hpp:2: a::b::FreeWith is also defined in lib/x.hpp:3"])
        self.assertEqual(len(odr(lib_x_hpp="class A {};", lib_y_cpp="enum class A { a };")), 1)
        self.assertEqual(len(odr(lib_x_hpp="class A {};", cli_y_hpp="struct A\n{};")), 1)
        self.assertEqual(
            len(odr(tests_support_x_hpp="class A {};", tests_unit_spf_y_hpp="class A {};")), 1)

    def test_what_is_no_second_definition_is_none(self):
        for other in ("namespace b { class A {}; }",
                      "namespace { class A {}; }",
                      "namespace a { namespace { class A {}; } }",
                      "namespace a { class A; }",
                      "namespace a { struct B { class A {}; }; }",
                      "namespace a { template <> struct A<int> {}; }",
                      "namespace a { template <class A> void f() {} }",
                      "namespace a { void f() { struct A {}; } }",
                      "namespace a { A f(struct A a) { return a; } }",
                      "namespace a { // class A {\n}",
                      "namespace a { auto s = \"class A {\"; auto r = R\"x(class A {)x\"; }",
                      "namespace a { int n = 1'000; char c = '{'; }\nclass A {};",
                      "#define X \\\n  namespace a {\nclass A {};"):
            self.assertEqual(odr(lib_x_hpp="namespace a { class A {}; }", lib_y_hpp=other), [], other)

    def test_programs_are_not_linked_together(self):
        self.assertEqual(odr(milters_x_hpp="class A {};", cli_x_hpp="class A {};"), [])
        self.assertEqual(
            odr(tests_unit_spf_x_hpp="class A {};", tests_unit_dkim_x_hpp="class A {};"), [])


class IncludesTest(unittest.TestCase):
    """tools/check_includes.py"""

    def offences(self, path, target):
        return list(check_includes.offences(path, f"#include <{target}>\n"))

    def test_libraries_stay_in_their_folders(self):
        for target, folder in (("lmdb.h", "lmdb"), ("hiredis/hiredis.h", "redis"),
                               ("asio.hpp", "asio"), ("asio/post.hpp", "asio"),
                               ("systemd/sd-daemon.h", "systemd"), ("curl/curl.h", "https"),
                               ("maxminddb.h", "mmdb"), ("openssl/evp.h", "openssl"),
                               ("unbound-event.h", "resolver"), ("libmilter/mfapi.h", "milter")):
            self.assertEqual(self.offences(f"lib/io/{folder}/x.cpp", target), [])
            for path in ("lib/io/files/x.cpp", "lib/store/x.hpp", "policy-daemon/x.cpp", "cli/x.cpp"):
                self.assertEqual(len(self.offences(path, target)), 1, (path, target))
            self.assertEqual(self.offences("tests/unit/x_test.cpp", target), [])

    def test_the_core_is_pure(self):
        self.assertEqual(len(self.offences("lib/spf/x.cpp", "thread")), 1)
        self.assertEqual(self.offences("lib/io/log/x.cpp", "thread"), [])
        self.assertEqual(self.offences("lib/spf/x.cpp", "string"), [])


if __name__ == "__main__":
    unittest.main()
