// Package contenders has a folder for each task queue, which describes it as data: contender.yaml says how workers are started, which
// settings make the match fair and what messages are; app.py registers the tasks; requirements.txt locks the packages.
//
// To add a queue, add a folder here. Package contender reads it.
package contenders

import "embed"

// Lock is the file of a folder that locks its packages.
const Lock = "requirements.txt"

// Files are the folders.
//
//go:embed */contender.yaml */*.py */requirements.txt
var Files embed.FS
