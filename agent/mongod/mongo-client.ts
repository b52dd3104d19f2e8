/** Packed into a file of its own. */
export { MongoClient } from 'mongodb'
