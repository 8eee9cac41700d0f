package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

// Candidate is a release between two others.
type Candidate struct {
	// Name is how a report names it, Written how it follows the @ of a contender.
	Name, Written string
}

// Left is a release that can't run here, and why.
type Left struct{ Release, Why string }

// ends separates the two releases of a range.
const ends = ".."

// final is a release that is no preview.
var final = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*(\.post[0-9]+)?$`)

// IsRange reports whether a release is written as a range of them, such as 5.5.3..5.7.0.
func IsRange(written string) bool {
	if IsSource(written) {
		_, written, _ = strings.Cut(written, "@")
	}
	return strings.Contains(written, ends)
}

// Between are the releases from one to another in order, with both: 5.5.3..5.7.0 are the published ones without previews, and
// git+URL@A..B are a repository's commits, without those of merged branches. The second result has those in between that can't run here.
func (b *Builder) Between(ctx context.Context, r Release, written string) ([]Candidate, []Left, error) {
	out, left, err := b.between(ctx, r, written)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrRelease) {
		err = fmt.Errorf("%w: %s@%s: %w", ErrRelease, r.Framework, written, err)
	}
	return out, left, err
}

func (b *Builder) between(ctx context.Context, r Release, written string) ([]Candidate, []Left, error) {
	if IsSource(written) {
		out, err := b.commitsBetween(ctx, r, written)
		return out, nil, err
	}
	from, to, _ := strings.Cut(written, ends)
	l, err := b.locker(r)
	if err != nil {
		return nil, nil, err
	}
	known, left, err := l.published(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	return choose(known, left, from, to)
}

// choose are the known releases from one to another.
func choose(known []string, unusable []Left, from, to string) (out []Candidate, left []Left, err error) {
	known = slices.SortedFunc(slices.Values(known), compareVersions)
	for _, end := range []string{from, to} {
		if !slices.ContainsFunc(known, func(v string) bool { return sameVersion(v, end) }) {
			return nil, nil, fmt.Errorf("no release %q can run here: choose from %s", end, strings.Join(nearby(known, end), ", "))
		}
	}
	if compareVersions(from, to) >= 0 {
		return nil, nil, fmt.Errorf("%s must be before %s", from, to)
	}
	within := func(v string) bool {
		end := sameVersion(v, from) || sameVersion(v, to)
		return end || final.MatchString(v) && compareVersions(from, v) < 0 && compareVersions(v, to) < 0
	}
	for _, v := range known {
		if within(v) {
			out = append(out, Candidate{v, v})
		}
	}
	for _, l := range unusable {
		if within(l.Release) {
			left = append(left, l)
		}
	}
	slices.SortFunc(left, func(a, b Left) int { return compareVersions(a.Release, b.Release) })
	return out, left, nil
}

// commitsBetween are the commits from one revision to another.
func (b *Builder) commitsBetween(ctx context.Context, r Release, written string) ([]Candidate, error) {
	at, ok := strings.CutPrefix(written, gitURL)
	i := strings.LastIndex(at, ends)
	if !ok || i < 0 {
		return nil, errors.New("write git+https://HOST/PATH@A..B or git+file:///PATH@A..B")
	}
	good, err := b.Find(ctx, r, gitURL+at[:i])
	if err != nil {
		return nil, err
	}
	if good.Revision == "" {
		return nil, errors.New("the good end of the range is missing: write A..B")
	}
	end := at[i+len(ends):]
	repo, err := b.repository(ctx, good.From, end) // the copy may have the good end, and an old state of the other one
	if err != nil {
		return nil, err
	}
	bad, err := repo.Commit(ctx, end)
	if err != nil {
		return nil, err
	}
	commits, err := repo.Between(ctx, good.Commit, bad)
	if err != nil {
		return nil, err
	}
	if len(commits) == 0 {
		return nil, fmt.Errorf("%s has no commit between the two", good.From)
	}
	var out []Candidate
	for _, c := range slices.Insert(commits, 0, good.Commit) {
		s := Source{From: good.From, Commit: c}
		out = append(out, Candidate{s.Release(), gitURL + good.From + "@" + c})
	}
	return out, nil
}

// published are the releases of a package in the index that have a wheel for the interpreter, and those that have none.
func (l pipLocker) published(ctx context.Context, r Release) (known []string, left []Left, err error) {
	env, err := l.b.build(ctx, r.Framework, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	all, err := pipVersions(ctx, env.Python, r.Package, false)
	if err == nil {
		known, err = pipVersions(ctx, env.Python, r.Package, true)
	}
	for _, v := range all {
		if !slices.Contains(known, v) {
			left = append(left, Left{v, "it has no wheel for CPython " + interpreter.Version})
		}
	}
	return known, left, err
}

// pipVersions are the releases of a package in the index.
func pipVersions(ctx context.Context, python, name string, wheels bool) ([]string, error) {
	args := []string{"index", "versions", name, "--json", "--pre"}
	if wheels {
		args = append(args, "--only-binary", ":all:")
	}
	var found struct {
		Versions []string `json:"versions"`
	}
	err := interpreter.WithPip(func(pip string) error {
		out, err := pipRun(ctx, python, pip, args...)
		if err != nil {
			return fmt.Errorf("pip: %s", process.LastLine(out))
		}
		return json.Unmarshal(out[max(0, strings.IndexByte(string(out), '{')):], &found)
	})
	return found.Versions, err
}

// Withdrawn is why a published release is no candidate although it could run, or "": its maintainers have yanked it.
func (b *Builder) Withdrawn(ctx context.Context, r Release) (string, error) {
	l, err := b.locker(r)
	if err != nil {
		return "", err
	}
	p, ok := l.(pipLocker)
	if !ok || SourceForm.MatchString(r.Version) {
		return "", nil // npm and go list no such releases
	}
	env, err := p.b.build(ctx, r.Framework, nil, nil)
	if err != nil {
		return "", err
	}
	report, err := b.resolve(ctx, env.Python, []byte(r.Package+"=="+r.Version), nil, "--no-deps")
	if err != nil {
		return "", err
	}
	var found struct {
		Install []struct {
			Yanked bool `json:"is_yanked"`
		} `json:"install"`
	}
	if err := json.Unmarshal(report, &found); err != nil {
		return "", fmt.Errorf("read pip's report: %w", err)
	}
	if len(found.Install) > 0 && found.Install[0].Yanked {
		return "it is yanked", nil
	}
	return "", nil
}

func (l npmLocker) published(ctx context.Context, r Release) (known []string, left []Left, err error) {
	node, err := l.b.Build(ctx, nodeLock)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "tqbench-lock-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	known, err = npmVersions(ctx, node, dir, r.Package)
	return known, nil, err
}

func (l goLocker) published(ctx context.Context, r Release) (known []string, left []Left, err error) {
	dir, err := os.MkdirTemp("", "tqbench-lock-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeFiles(dir, l.o.files); err != nil {
		return nil, nil, err
	}
	known, err = goReleases(ctx, filepath.Join(dir, l.o.below()), r.Package)
	return known, nil, err
}
