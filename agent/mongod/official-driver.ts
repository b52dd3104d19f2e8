/** A file of its own when it is packed: unread it takes no memory, where no database is logged in to. */
export { MongoClient } from 'mongodb'
