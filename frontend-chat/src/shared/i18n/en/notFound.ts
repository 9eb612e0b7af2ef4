export const notFound = {
  title: 'There is nothing here',
  text: 'This conversation does not exist, or it is not yours.',
};
