package sshsig_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/sshsig"
)

// key makes a key without a passphrase, and returns its file and its public half.
func key(t *testing.T, name string) (file, public string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return file, string(data)
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASignatureSaysWhoSigned(t *testing.T) {
	dir := t.TempDir()
	alice, aliceKey := key(t, "alice")
	_, bobKey := key(t, "bob")
	const purpose = "test@example.com"
	file := write(t, dir, "-file", "content")
	signature, err := sshsig.Sign(t.Context(), alice, purpose, file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := sshsig.Sign(t.Context(), alice, purpose, file)
	if err != nil || string(signature) != string(again) {
		t.Errorf("another signature for the same file: %v", err)
	}
	sig := write(t, dir, "-file.sig", string(signature))
	both := write(t, dir, "both", "alice@example.com "+aliceKey+"bob@example.com "+bobKey)
	bob := write(t, dir, "bob", "bob@example.com "+bobKey)
	for _, tt := range []struct {
		name, purpose, file, sig, allowed string
		signers                           []string
		err                               error
	}{
		{"with a list", purpose, file, sig, both, []string{"alice@example.com"}, nil},
		{"without a list", purpose, file, sig, "", nil, nil},
		{"a stranger", purpose, file, sig, bob, nil, sshsig.ErrStranger},
		{"for another purpose", "other@example.com", file, sig, both, nil, sshsig.ErrBad},
		{"allowed for another purpose", purpose, file, sig, write(t, dir, "purpose", `alice@example.com namespaces="git" `+aliceKey), nil, sshsig.ErrStranger},
		{"of another file", purpose, write(t, dir, "other", "other"), sig, both, nil, sshsig.ErrBad},
		{"no signature", purpose, file, write(t, dir, "none", "-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n"), both, nil, sshsig.ErrBad},
		{"a large signature", purpose, file, write(t, dir, "large", strings.Repeat("x", 1<<17)), both, nil, sshsig.ErrBad},
		{"no list", purpose, file, sig, filepath.Join(dir, "nowhere"), nil, sshsig.ErrInput},
	} {
		s, err := sshsig.Check(t.Context(), tt.purpose, tt.file, tt.sig, tt.allowed)
		if !errors.Is(err, tt.err) || !slices.Equal(s.Signers, tt.signers) || err == nil && !strings.HasPrefix(s.Key, "ED25519 key SHA256:") {
			t.Errorf("%s: %+v %v", tt.name, s, err)
		}
	}
}

func TestWhatCanNotSign(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "file", "content")
	for name, key := range map[string]string{"no key": write(t, dir, "key", "none"), "nowhere": filepath.Join(dir, "nowhere"), "a folder": dir} {
		if _, err := sshsig.Sign(t.Context(), key, "test@example.com", file); !errors.Is(err, sshsig.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	alice, _ := key(t, "alice")
	if _, err := sshsig.Sign(ended, alice, "test@example.com", file); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	t.Setenv("PATH", dir)
	if _, err := sshsig.Sign(t.Context(), alice, "test@example.com", file); !errors.Is(err, sshsig.ErrTool) {
		t.Errorf("without ssh-keygen: %v", err)
	}
}
