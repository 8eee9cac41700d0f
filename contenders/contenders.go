// Package contenders has a folder for each task queue that is described as data: contender.yaml says how its workers are started,
// which settings make the match fair and what its messages are; app.py registers the tasks; requirements.txt locks its packages.
//
// A new one is a folder here and nothing else. Package contender reads them.
package contenders

import "embed"

// Lock is the file of a folder that locks its packages.
const Lock = "requirements.txt"

// Files are the folders.
//
//go:embed */contender.yaml */*.py */requirements.txt
var Files embed.FS
