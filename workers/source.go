package workers

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/workers/internal/gitrepo"
)

// Source is where a release comes from that no package index has: a revision of a Git repository, or a wheel.
type Source struct {
	// From is the repository's URL, or the wheel's absolute path.
	From string
	// Revision is what the user named, Commit the hash that it led to.
	Revision, Commit string
	// SHA256 is the wheel's hash.
	SHA256 string
}

// Names of such releases begin with these, and end with the first characters of a hash.
const (
	gitPrefix   = "git-"
	wheelPrefix = "wheel-"
	hashShown   = 10
)

// SourceForm is what the name of such a release looks like. It is safe in file names.
var SourceForm = regexp.MustCompile(`^(` + gitPrefix + `|` + wheelPrefix + `)[0-9a-f]{10}$`)

// Release is the name of the source's release.
func (s Source) Release() string {
	if s.SHA256 != "" {
		return wheelPrefix + s.SHA256[:hashShown]
	}
	return gitPrefix + s.Commit[:hashShown]
}

// String says where the release comes from, without the folders of a wheel.
func (s Source) String() string {
	if s.SHA256 != "" {
		return fmt.Sprintf("the wheel %s, SHA-256 %s", filepath.Base(s.From), s.SHA256)
	}
	if s.Revision == "" || s.Revision == s.Commit {
		return fmt.Sprintf("%s, commit %s", s.From, s.Commit)
	}
	return fmt.Sprintf("%s at %s, commit %s", s.From, s.Revision, s.Commit)
}

const (
	// gitURL precedes the URL of a repository, as for pip; wheelEnding is the end of a wheel's name.
	gitURL      = "git+"
	wheelEnding = ".whl"
)

// IsSource reports whether a release is written as a source: git+URL@REVISION, or the path of a wheel.
func IsSource(release string) bool {
	return strings.HasPrefix(release, gitURL) || strings.HasSuffix(release, wheelEnding)
}

// Find finds a source, and fixes it: the commit of a revision, the hash of a wheel. Of the release, it reads the framework and its package.
func (b *Builder) Find(ctx context.Context, r Release, written string) (Source, error) {
	o, err := ownOf(r.Framework)
	if err != nil {
		return Source{}, err
	}
	var s Source
	switch rest, git := strings.CutPrefix(written, gitURL); {
	case git && o.runtime == NodeJS:
		err = fmt.Errorf("%s is in JavaScript, and a repository has the sources of its package only: choose a published release, such as %s@1.2.3", r.Package, r.Framework)
	case git:
		s, err = b.findRevision(ctx, rest)
	case o.runtime != "":
		err = fmt.Errorf("a wheel is a package of Python's, and %s isn't one: choose a published release, such as %s@1.2.3", r.Package, r.Framework)
	default:
		s, err = findWheel(written, r.Package)
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %s@%s: %w", ErrRelease, r.Framework, written, err)
	}
	return s, err
}

// parseGit splits a repository's URL from a revision, which follows the last @ of its path. It may be missing.
func parseGit(written string) (at, revision string, err error) {
	u, err := url.Parse(written)
	switch {
	case err != nil:
		return "", "", errors.New("the repository's URL can't be read: write git+https://HOST/PATH@REVISION or git+file:///PATH@REVISION")
	case u.Scheme != "https" && u.Scheme != "file" || u.Scheme == "file" && u.Host != "" || u.RawQuery != "" || u.Fragment != "":
		return "", "", errors.New("write git+https://HOST/PATH@REVISION or git+file:///PATH@REVISION")
	case u.User != nil:
		return "", "", errors.New("leave the user and the password out of the URL: git asks its credential helper")
	}
	if i := strings.LastIndex(u.Path, "@"); i >= 0 {
		u.Path, revision, u.RawPath = u.Path[:i], u.Path[i+1:], ""
	}
	if strings.Trim(u.Path, "/") == "" || strings.HasPrefix(revision, "-") {
		return "", "", errors.New("write git+https://HOST/PATH@REVISION or git+file:///PATH@REVISION")
	}
	return u.String(), revision, nil
}

// findRevision brings the copy of a repository up to date and finds a revision there.
func (b *Builder) findRevision(ctx context.Context, written string) (Source, error) {
	at, revision, err := parseGit(written)
	if err != nil {
		return Source{}, err
	}
	repo, err := b.repository(ctx, at, revision)
	if err != nil {
		return Source{}, err
	}
	commit, err := repo.Commit(ctx, revision)
	return Source{From: at, Revision: revision, Commit: commit}, err
}

// repository is the copy of a repository in the cache. It is brought up to date unless it has the commit already.
func (b *Builder) repository(ctx context.Context, at, commit string) (gitrepo.Repo, error) {
	repo := gitrepo.In(b.Cache, at)
	if repo.Has(ctx, commit) {
		return repo, nil
	}
	if err := makeFolder(b.Cache); err != nil {
		return repo, fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return repo, err
	}
	defer unlock()
	if b.Log != nil && !strings.HasPrefix(at, "file:") {
		b.Log("fetching %s", at)
	}
	return repo, repo.Fetch(ctx)
}

// largestWheel is the maximum size of a wheel in bytes.
const largestWheel = 64 << 20

// findWheel reads a wheel, which must be of a package.
func findWheel(file, name string) (Source, error) {
	at, err := filepath.Abs(file)
	if err != nil {
		return Source{}, err
	}
	data, err := readWheel(at)
	if err != nil {
		return Source{}, err
	}
	of, err := packageOf(data)
	switch {
	case err != nil:
		return Source{}, fmt.Errorf("it is not a wheel: %w", err)
	case normal(of) != normal(name):
		return Source{}, fmt.Errorf("it is a wheel of %s, not of %s", of, name)
	}
	sum := sha256.Sum256(data)
	return Source{From: at, SHA256: hex.EncodeToString(sum[:])}, nil
}

func readWheel(at string) ([]byte, error) {
	return regular.Read(at, regular.Limit{Kind: "a wheel", Bytes: largestWheel})
}

// packageOf is the name of the package in a wheel, from its metadata.
// https://packaging.python.org/en/latest/specifications/binary-distribution-format/
func packageOf(wheel []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(wheel), int64(len(wheel)))
	if err != nil {
		return "", err
	}
	for _, f := range z.File {
		if dir, name := path.Split(f.Name); name != "METADATA" || !strings.HasSuffix(dir, ".dist-info/") || strings.Count(dir, "/") > 1 {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		defer r.Close()
		lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
		for lines.Scan() && lines.Text() != "" {
			if name, ok := strings.CutPrefix(lines.Text(), "Name:"); ok {
				return strings.TrimSpace(name), nil
			}
		}
		return "", errors.Join(errors.New("its METADATA has no name"), lines.Err())
	}
	return "", errors.New("it has no METADATA")
}
