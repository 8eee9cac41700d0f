// Package sshsig signs files with SSH keys, and says who signed a file. It runs ssh-keygen (OpenSSH 8.2 or later), so that keys in agents and in
// hardware work, and nothing here handles a private key. The formats are those of OpenSSH: SSHSIG signatures as text
// (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig), and the list of allowed signers (ssh-keygen(1), ALLOWED SIGNERS).
package sshsig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/internal/text"
)

// The errors of a signature.
var (
	// ErrTool: there is no ssh-keygen.
	ErrTool = errors.New("ssh-keygen isn't installed")
	// ErrBad: the signature isn't one of the file, or not one at all.
	ErrBad = errors.New("bad signature")
	// ErrStranger: the signature is good, and its key isn't that of an allowed signer.
	ErrStranger = errors.New("not an allowed signer")
	// ErrInput: a key or a list of signers can't be used.
	ErrInput = errors.New("can't sign or check")
)

// Signed is a good signature.
type Signed struct {
	// Key is the key's type and fingerprint, such as "ED25519 key SHA256:...".
	Key string
	// Signers are its owner's names in the list of allowed signers.
	Signers []string
}

const (
	largestSignature = 64 << 10
	largestList      = 16 << 20
	lastOutput       = time.Second
	tool             = "ssh-keygen"
)

// Sign signs a file for a purpose, which a check must name, too. It returns the signature as text. ssh-keygen asks for a passphrase on the terminal.
func Sign(ctx context.Context, key, namespace, file string) ([]byte, error) {
	if err := readable(key, largestSignature); err != nil {
		return nil, err
	}
	out, err := run(ctx, file, "-Y", "sign", "-f", absolute(key), "-n", namespace)
	if err != nil {
		return nil, fmt.Errorf("%w: key %s: %w", ErrInput, key, err)
	}
	return out, nil
}

// readable refuses a file that can't be read.
func readable(file string, most int64) error {
	f, err := regular.OpenLimited(file, regular.Limit{Kind: "a key or a list of signers", Bytes: most})
	if err != nil {
		return fmt.Errorf("%w: read %s: %w", ErrInput, file, err)
	}
	return f.Close()
}

// goodSignature is ssh-keygen's line about a signature without a list of signers.
var goodSignature = regexp.MustCompile(`signature with (\S+ key \S+)`)

// Check checks a file's signature. With a list of allowed signers, its key must be one of theirs.
func Check(ctx context.Context, namespace, file, signature, allowed string) (Signed, error) {
	if _, err := regular.Read(signature, regular.Limit{Kind: "a signature", Bytes: largestSignature}); err != nil {
		return Signed{}, fmt.Errorf("%w: read %s: %w", ErrBad, signature, err)
	}
	signature = absolute(signature)
	out, err := run(ctx, file, "-Y", "check-novalidate", "-n", namespace, "-s", signature)
	if err != nil {
		return Signed{}, mark(ErrBad, err)
	}
	var s Signed
	if m := goodSignature.FindSubmatch(out); m != nil {
		s.Key = text.Clean(string(m[1]), 200)
	}
	if allowed == "" {
		return s, nil
	}
	if err := readable(allowed, largestList); err != nil {
		return s, err
	}
	list := absolute(allowed)
	out, err = run(ctx, "", "-Y", "find-principals", "-f", list, "-s", signature)
	if err != nil {
		return s, mark(ErrStranger, err)
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if _, err = run(ctx, file, "-Y", "verify", "-f", list, "-I", name, "-n", namespace, "-s", signature); err == nil {
			s.Signers = append(s.Signers, text.Clean(name, 200))
		}
	}
	if len(s.Signers) == 0 {
		return s, mark(ErrStranger, err)
	}
	return s, nil
}

// mark marks what ssh-keygen said, unless it could not be run.
func mark(as, err error) error {
	if errors.Is(err, ErrTool) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", as, err)
}

// absolute is a path that can't be taken for an option, or a URL of a hardware token.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return "./" + path
}

// run runs ssh-keygen on a file, or on nothing.
func run(ctx context.Context, file string, args ...string) ([]byte, error) {
	path, err := exec.LookPath(tool)
	if err != nil {
		return nil, fmt.Errorf("%w: install OpenSSH's client", ErrTool)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = lastOutput
	if file != "" {
		in, err := regular.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		defer in.Close()
		cmd.Stdin = in
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		said := strings.Join(strings.Fields(errs.String()+" "+out.String()), " ")
		return nil, fmt.Errorf("%s: %s", tool, text.Clean(said, 300))
	}
	return out.Bytes(), nil
}
