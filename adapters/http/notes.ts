// Written facts for the adapter's README.
export const notes = ''
