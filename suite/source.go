package suite

// Source is where a release comes from that no package index has: a revision of a Git repository, or a wheel.
type Source struct {
	// Framework is the contender's framework, Release the source's name after the @ of a contender: it has a part of a hash.
	Framework string `json:"framework"`
	Release   string `json:"release"`
	// From is the repository's URL, or the wheel's absolute path.
	From string `json:"from"`
	// Revision is what was asked for, Commit the hash that it led to.
	Revision string `json:"revision,omitempty"`
	Commit   string `json:"commit,omitempty"`
	// SHA256 is the wheel's hash.
	SHA256 string `json:"sha256,omitempty"`
}

// Source is that of a framework's release; false for a published one.
func (p Plan) Source(framework, release string) (Source, bool) {
	for _, s := range p.Sources {
		if s.Framework == framework && s.Release == release {
			return s, true
		}
	}
	return Source{}, false
}
