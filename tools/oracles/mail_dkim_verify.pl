#!/usr/bin/perl
# Verifies jobs with Mail::DKIM: {"now": ..., "jobs": [...]} on standard input, {id: answer} on standard output.
use strict;
use warnings;

my $now;
BEGIN { *CORE::GLOBAL::time = sub () { defined $now ? $now : CORE::time() } }

use JSON::PP;
use MIME::Base64;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

# Answers from a table instead of the network.
package FakeResolver {
    sub new { my ($class, $records) = @_; return bless { map { lc $_ => $records->{$_} } keys %$records }, $class }

    sub send {
        my ($self, $name, $type) = @_;
        $name =~ s/\.$//;
        my $packet = Net::DNS::Packet->new($name, $type);
        my $text = $self->{ lc $name };
        $packet->header->rcode(defined $text ? 'NOERROR' : 'NXDOMAIN');
        if (defined $text && uc $type eq 'TXT') {
            my @strings = unpack '(A255)*', $text =~ s/ /\0/gr;  # "A" drops blanks at the end
            tr/\0/ / for @strings;
            $packet->push(answer => Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => \@strings));
        }
        return $packet;
    }
    sub errorstring { return 'NXDOMAIN' }
}

# Strict: no rsa-sha1 and no keys below 1024 bits, as RFC 8301 wants.
sub verify {
    my ($job) = @_;
    Mail::DKIM::DNS::resolver(FakeResolver->new($job->{dns}));
    my $is_arc = $job->{kind} eq 'arc';
    my $class = $is_arc ? 'Mail::DKIM::ARC::Verifier' : 'Mail::DKIM::Verifier';
    my $verifier = $class->new(Strict => 1);
    $verifier->PRINT(decode_base64($job->{message}));
    $verifier->CLOSE;
    if ($is_arc) {
        my $result = $verifier->result;
        return $result eq 'invalid' ? 'fail' : $result;
    }
    # DomainKeys, the predecessor, is a class derived from this one.
    my @signatures = grep { ref $_ eq 'Mail::DKIM::Signature' } $verifier->signatures;
    return join('+', map { $_->result eq 'pass' ? 'pass' : 'no' } @signatures) || 'none';
}

my $task = decode_json(do { local $/; <STDIN> });
$now = $task->{now};
my %answers;
for my $job (@{ $task->{jobs} }) {
    my $answer = eval { verify($job) };
    $answers{ $job->{id} } = defined $answer ? $answer : 'refused';
}
print encode_json(\%answers);
